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

/// Image b stands in every lanes-th slot from slot b on.
base::Result<void> put_image(const plan::program::InputPacking& packing, int ciphertext, std::size_t image,
                             std::span<const float> tensor, Slots& packed) {
  const auto lanes = static_cast<std::size_t>(packing.lanes());
  const std::size_t places = packed.size() / lanes;
  const auto* real = packing.element.data() + static_cast<std::size_t>(ciphertext) * 2 * places;
  const auto* imaginary = real + places;
  for (std::size_t i = 0; i < places; ++i) {
    OBSCURA_TRY(const double x, element_of(tensor, real[i]));
    OBSCURA_TRY(const double y, element_of(tensor, imaginary[i]));
    packed[i * lanes + image] = {x, y};
  }
  return {};
}

base::Result<void> check_count(Tensors tensors, int images) {
  if (!tensors.empty() && tensors.size() <= static_cast<std::size_t>(images)) return {};
  return base::fail(base::ErrorCode::kUsage,
                    fmt::format("{} inputs were given for one request, which holds 1 to {}", tensors.size(), images),
                    "divide the inputs into several requests, or compile with a larger --images");
}

}  // namespace

base::Result<std::vector<fhe::ckks::Ciphertext>> encrypt_inputs(const fhe::ckks::Context& context,
                                                                const fhe::ckks::PublicKey& key,
                                                                const plan::program::RequestForm& form,
                                                                Tensors tensors) {
  const auto slots = static_cast<std::size_t>(context.params().slots());
  const auto& packing = form.input_packing;
  OBSCURA_CHECK(packing.element.size() * static_cast<std::size_t>(packing.lanes()) ==
                    static_cast<std::size_t>(packing.ciphertexts) * 2 * slots,
                "packing does not fit the parameters");
  OBSCURA_TRY_VOID(check_count(tensors, packing.images));
  fhe::random::Stream stream(fhe::random::random_seed(), fhe::random::Domain::kEphemeral, 0);
  std::vector<fhe::ckks::Ciphertext> ciphertexts;
  for (int i = 0; i < packing.ciphertexts; ++i) {
    Slots packed(slots);
    for (std::size_t b = 0; b < tensors.size(); ++b) {
      OBSCURA_TRY_VOID(put_image(packing, i, b, tensors[b], packed));
    }
    const auto plaintext = context.encoder().encode(packed, form.level, form.scale);
    ciphertexts.push_back(fhe::ckks::encrypt(context.ring(), key, plaintext, stream));
  }
  return ciphertexts;
}

}  // namespace obscura::deploy::client
