#include "deploy/client/encrypt_input.hpp"

#include <fmt/format.h>

#include <complex>
#include <cstdint>

#include "fhe/ckks/encrypt.hpp"

namespace obscura::deploy::client {

namespace {

using Slots = std::vector<std::complex<double>>;

base::Result<double> element_of(std::span<const float> tensor, std::int32_t element) {
  if (element == plan::program::InputPacking::kZero) return 0.0;
  if (element < 0 || static_cast<std::size_t>(element) >= tensor.size()) {
    return base::fail(
        base::ErrorCode::kMismatch,
        fmt::format("the key's packing reads input element {}, but the input has {}", element, tensor.size()),
        "use an input of the shape that `obscura inspect` prints for the public key");
  }
  return static_cast<double>(tensor[static_cast<std::size_t>(element)]);
}

base::Result<Slots> pack(const plan::program::InputPacking& packing, int ciphertext, std::size_t slots,
                         std::span<const float> tensor) {
  Slots packed(slots);
  const auto* real = packing.element.data() + static_cast<std::size_t>(ciphertext) * 2 * slots;
  const auto* imaginary = real + slots;
  for (std::size_t i = 0; i < slots; ++i) {
    OBSCURA_TRY(const double x, element_of(tensor, real[i]));
    OBSCURA_TRY(const double y, element_of(tensor, imaginary[i]));
    packed[i] = {x, y};
  }
  return packed;
}

}  // namespace

base::Result<std::vector<fhe::ckks::Ciphertext>> encrypt_input(const fhe::ckks::Context& context,
                                                               const fhe::ckks::PublicKey& key,
                                                               const plan::program::RequestForm& form,
                                                               std::span<const float> tensor) {
  const auto slots = static_cast<std::size_t>(context.params().slots());
  const auto& packing = form.input_packing;
  OBSCURA_CHECK(packing.element.size() == static_cast<std::size_t>(packing.ciphertexts) * 2 * slots,
                "packing does not fit the parameters");
  fhe::random::Stream stream(fhe::random::random_seed(), fhe::random::Domain::kEphemeral, 0);
  std::vector<fhe::ckks::Ciphertext> ciphertexts;
  for (int i = 0; i < packing.ciphertexts; ++i) {
    OBSCURA_TRY(const Slots packed, pack(packing, i, slots, tensor));
    const auto plaintext = context.encoder().encode(packed, form.level, form.scale);
    ciphertexts.push_back(fhe::ckks::encrypt(context.ring(), key, plaintext, stream));
  }
  return ciphertexts;
}

}  // namespace obscura::deploy::client
