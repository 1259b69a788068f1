#!/usr/bin/env bash
# A cluster on one machine, without containers: Redis, Azurite (which stands for Azure Blob Storage) and some silos, all on loopback.
#   deploy/cluster.sh up [SILOS]    starts what is not running; 3 silos by default
#   deploy/cluster.sh status        what runs, and where
#   deploy/cluster.sh down          ends it in order; data stay in the folder
# RADIODIFFUSION_CLUSTER names the folder (default: ~/.local/share/radiodiffusion-cluster), RADIODIFFUSION_PROGRAM the program (default: the Release build).
# Needs redis-server, node and npm on the PATH.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${RADIODIFFUSION_CLUSTER:-$HOME/.local/share/radiodiffusion-cluster}
program=${RADIODIFFUSION_PROGRAM:-dotnet $root/src/Client/bin/Release/net10.0/radiodiffusion.dll}
patience=${RADIODIFFUSION_PATIENCE:-120}                    # seconds until something should answer
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}           # silos share the cores: threads that wait for others should not keep them
checkpoint_patience=540                                      # longer than the 8 minutes that a silo may take to end

fail() { echo "cluster.sh: $*" >&2; exit 1; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
pid_of() { cat "$folder/$1.pid" 2>/dev/null || true; }
runs() { local pid; pid=$(pid_of "$1"); [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null; }

# The ports are chosen once and kept, so that addresses stay.
port_of() {
    local file=$folder/$1.port port
    if [[ ! -f $file ]]; then
        for ((port = 21000 + RANDOM % 20000; ; port++)); do
            answers "$port" || grep -qsx "$port" "$folder"/*.port || break
        done
        echo "$port" > "$file"
    fi
    cat "$file"
}

# start NAME COMMAND...: in a session of its own, so that Ctrl-C here does not end it
start() {
    local name=$1
    shift
    setsid "$@" > "$folder/$name.out" 2>> "$folder/$name.log" < /dev/null &
    echo $! > "$folder/$name.pid"
}

wait_for() {
    local name=$1 port=$2 second
    for ((second = 0; second < patience * 5; second++)); do
        answers "$port" && return
        runs "$name" || fail "$name ended at once: $(tail -n 3 "$folder/$name.log" "$folder/$name.out" 2>/dev/null)"
        sleep 0.2
    done
    fail "$name did not answer at port $port within $patience s: see $folder/$name.log"
}

write_settings() {
    local azurite account=devstoreaccount1 key=$folder/azurite.key
    azurite=$(port_of azurite)
    [[ -f $key ]] || head -c 64 /dev/urandom | base64 -w0 > "$key"
    cat > "$folder/silo.json" <<JSON
{
  "RadioDiffusion": {
    "Store": "DefaultEndpointsProtocol=http;AccountName=$account;AccountKey=$(cat "$key");BlobEndpoint=http://127.0.0.1:$azurite/$account",
    "Redis": "127.0.0.1:$(port_of redis)",
    "FastFailureDetection": true,
    "ReminderPeriod": "00:00:10"
  }
}
JSON
}

up() {
    local silos=${1:-3} i
    [[ $silos =~ ^[1-9][0-9]?$ ]] || fail "the number of silos should be 1 to 99, but it is '$silos'"
    for tool in redis-server node npm setsid; do
        command -v $tool > /dev/null || fail "$tool is missing; on Debian and Ubuntu: apt-get install redis-server nodejs npm util-linux"
    done
    umask 077                                                # the folder holds the key of the store
    mkdir -p "$folder/redis" "$folder/azurite"
    write_settings
    if ! runs redis; then
        start redis redis-server --port "$(port_of redis)" --bind 127.0.0.1 --dir "$folder/redis" --appendonly yes --save ''
        wait_for redis "$(port_of redis)"
    fi
    if ! runs azurite; then
        [[ -d $root/tests/azurite/node_modules ]] || npm --prefix "$root/tests/azurite" ci --no-audit --no-fund > "$folder/npm.log" 2>&1 || fail "npm could not install Azurite: see $folder/npm.log"
        AZURITE_ACCOUNTS="devstoreaccount1:$(cat "$folder/azurite.key")" start azurite node "$root/tests/azurite/node_modules/azurite/dist/src/blob/main.js" --silent --disableTelemetry \
            --skipApiVersionCheck --location "$folder/azurite" --blobHost 127.0.0.1 --blobPort "$(port_of azurite)"
        wait_for azurite "$(port_of azurite)"
    fi
    for ((i = 1; i <= silos; i++)); do
        runs "silo-$i" && continue
        # shellcheck disable=SC2086 # the program may be two words
        start "silo-$i" $program serve --json --log json --config "$folder/silo.json" \
            --silo-port "$(port_of "silo-$i-silo")" --gateway-port "$(port_of "silo-$i-gateway")" --http-port "$(port_of "silo-$i")"
    done
    for ((i = 1; i <= silos; i++)); do
        wait_for "silo-$i" "$(port_of "silo-$i")"
    done
    status
}

status() {
    local file name
    for file in "$folder"/redis.pid "$folder"/azurite.pid "$folder"/silo-*.pid; do
        [[ -f $file ]] || continue
        name=$(basename "$file" .pid)
        if runs "$name"; then
            echo "$name: process $(pid_of "$name"), port $(port_of "$name")$([[ $name == silo-* ]] && echo ", --connect 127.0.0.1:$(port_of "$name-gateway")")"
        else
            echo "$name: not running"
        fi
    done
}

# end NAME SIGNAL SECONDS
end() {
    local name=$1 pid tenth
    pid=$(pid_of "$name")
    for ((tenth = 0; tenth < $3 * 10; tenth++)); do
        runs "$name" || { rm -f "$folder/$name.pid"; return; }
        ((tenth == 0)) && kill "-$2" "$pid"
        sleep 0.1
    done
    echo "$name did not end within $3 s and is killed." >&2
    kill -KILL "$pid" || true
    rm -f "$folder/$name.pid"
}

down() {
    local file
    for file in "$folder"/silo-*.pid; do
        [[ -f $file ]] && end "$(basename "$file" .pid)" TERM $checkpoint_patience
    done
    end azurite TERM 20
    end redis TERM 20
}

case ${1:-} in
    up) up "${2:-3}" ;;
    down) down ;;
    status) status ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
