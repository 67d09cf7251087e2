// The main thread's stack in linear memory is too small, and running past it corrupts memory
// silently. With node's own stack limit below this one, V8 overflows first and the process ends.
if (ENVIRONMENT_IS_NODE) {
  var stackSize = +(process.env.LEAN_STACK_MB ?? 256) * 1048576;
  var stackLow = _malloc(stackSize);
  if (!stackLow) abort("stack");
  _emscripten_stack_set_limits(stackLow + stackSize, stackLow);
  stackRestore((stackLow + stackSize) & ~15);
}
