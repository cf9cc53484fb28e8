#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/client/open_secret.hpp"
#include "deploy/client/release.hpp"
#include "deploy/client/release_count.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/secret/secret_key.hpp"
#include "plan/program/program.hpp"

namespace obscura::deploy::client {

/// Decrypts an answer (the program's results, in their order) and passes the scores of its first `images` images
/// through the release gate, each by itself: the raw decryption does not leave this call. [images] Each is counted
/// first, in the count of this key. Errors: kMismatch when number, level or scale are not those of the program's
/// results; those of ReleaseCount::take, kUsedUp among them. `images` is at most what a request holds.
[[nodiscard]] base::Result<std::vector<Release>> open_answers(const fhe::ckks::Context& context,
                                                              const fhe::secret::SecretKey& secret,
                                                              const plan::program::Program& program,
                                                              ReleaseCount& count,
                                                              std::span<const fhe::ckks::Ciphertext> answer, int images,
                                                              std::span<const std::string> labels);

/// The same from the bytes of a result, which messages call `name`: of as many images as the request held, in their
/// order. Errors also: those of read_result and images_in.
[[nodiscard]] base::Result<std::vector<Release>> open_answers(const OpenSecret& key, ReleaseCount& count,
                                                              std::span<const std::uint8_t> result,
                                                              const std::string& name);

/// The first image alone.
[[nodiscard]] base::Result<Release> open_answer(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                                const plan::program::Program& program, ReleaseCount& count,
                                                std::span<const fhe::ckks::Ciphertext> answer,
                                                std::span<const std::string> labels);

/// From the bytes of a result that answers one image. Errors also: kMismatch when it answers several.
[[nodiscard]] base::Result<Release> open_answer(const OpenSecret& key, ReleaseCount& count,
                                                std::span<const std::uint8_t> result, const std::string& name);

/// Largest distance between the decrypted scores of the first image and those of a reference (all outputs, one after
/// the other), before rounding: how far the encrypted computation is from the network in the clear. For the key
/// holder's own eyes. Errors as above, and kMismatch when the reference has another number of scores.
[[nodiscard]] base::Result<double> answer_error(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                                const plan::program::Program& program,
                                                std::span<const fhe::ckks::Ciphertext> answer,
                                                std::span<const double> reference);

}  // namespace obscura::deploy::client
