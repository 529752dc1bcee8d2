// What may not be left at the end of the model phase.
// RUN: xf-opt %s --xf-verify-phase=phase=model --split-input-file --verify-diagnostics

// expected-error @+1 {{must not be left after the phase `model`, which ends with models only}}
func.func private @f()
