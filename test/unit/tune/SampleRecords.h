// Records made by hand for the tests: a gemm, its candidates, and how they ran.
#pragma once

#include "targets/Candidates.h"
#include "targets/Records.h"

namespace xf::test {

inline targets::KernelDesc gemmDesc(int64_t k, int64_t n) {
  targets::KernelDesc desc;
  desc.kind = targets::KernelKind::Gemm;
  desc.name = "gemm";
  desc.gemm = {k, n, 1, 0};
  return desc;
}

inline targets::Cpu sampleCpu() {
  targets::Cpu cpu;
  cpu.vendor = "AuthenticAMD";
  cpu.family = 26;
  cpu.model = 2;
  cpu.name = "AMD EPYC";
  cpu.isa = "x86-64-avx512";
  cpu.cores = 2;
  return cpu;
}

/// A record of `config`, which took `one` and `all` of the time of `baseline`.
inline targets::Record sampleRecord(const targets::KernelDesc &desc,
                                    int64_t rows,
                                    const targets::Config &baseline,
                                    const targets::Config &config, double one,
                                    double all) {
  targets::Record record;
  record.kernel = targets::kernelKey(desc);
  record.math = desc.math;
  record.rows = record.length = rows;
  record.config = config;
  record.baseline = baseline;
  record.one = {1, 1e-5 * one, 1.1e-5 * one, 20, 100 / one, one, 240};
  record.all = {2, 6e-6 * all, 7e-6 * all, 20, 180 / all, all, 470};
  record.cpu = sampleCpu();
  record.halide = "21.0.0";
  record.xfc = "0.1.0";
  record.date = "2026-01-31T12:00:00Z";
  record.origin = "sample";
  return record;
}

} // namespace xf::test
