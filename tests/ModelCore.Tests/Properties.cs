// One test at a time. TorchSharp wraps each number that goes into an operation in an object with a finalizer and does not keep it alive for
// the call: a garbage collection that other tests cause, on a machine with more threads than cores, has freed one while libtorch was reading it.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
