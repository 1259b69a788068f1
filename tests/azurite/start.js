// Starts Azurite's blob service with the arguments of this command, and ends with whoever holds the other end of standard
// input: so no emulator is left behind, however the tests end.
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();
require('azurite/dist/src/blob/main.js');
