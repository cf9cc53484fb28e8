#pragma once

#include <memory>
#include <string>

#include "base/buffer.hpp"
#include "base/parallel.hpp"
#include "base/result.hpp"
#include "fhe/ckks/encoder.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// How a process wants to compute.
struct EngineOptions {
  int threads = 1;
  std::string kernels;  ///< "" = the best this processor has; see ring::make_ring
};

/// One parameter set ready for work: threads, buffers, ring and encoder, owned together. Built once by the
/// program and lent to everything else; safe to use from several threads.
class Context {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Context>> create(params::ParamSet params,
                                                                     const EngineOptions& options);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] const ring::RingContext& ring() const { return *ring_; }
  [[nodiscard]] const Encoder& encoder() const { return *encoder_; }
  [[nodiscard]] const params::ParamSet& params() const { return ring_->params(); }
  [[nodiscard]] const base::Parallel& parallel() const { return parallel_; }
  [[nodiscard]] base::BufferPool& pool() const { return pool_; }

 private:
  explicit Context(int threads) : parallel_(threads) {}
  base::Parallel parallel_;
  mutable base::BufferPool pool_;
  std::unique_ptr<ring::RingContext> ring_;
  std::unique_ptr<Encoder> encoder_;
};

}  // namespace obscura::fhe::ckks
