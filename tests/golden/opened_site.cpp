#include "tests/golden/opened_site.hpp"

#include <array>
#include <complex>

#include "artifact/identity.hpp"

namespace obscura::tests::golden {
namespace {

deploy::client::OpenSecret open_secret(const Files& files) {
  return deploy::client::open_secret(files.at("secret-key.v1"), "secret-key.v1", {}, {}).value();
}

}  // namespace

// Fractions that no rounding touches, with no pattern that a rotation would keep.
Slots input_slots(std::size_t slots, std::size_t input) {
  Slots values(slots);
  for (std::size_t i = 0; i < slots; ++i) {
    const auto real = static_cast<double>((7 * i + 3 * input) % 13) - 6;
    const auto imaginary = static_cast<double>((5 * i + input) % 11) - 5;
    values[i] = std::complex<double>(real, imaginary) / 8.0;
  }
  return values;
}

OpenedSite::OpenedSite(Files files) : files_(std::move(files)), secret_(open_secret(files_)) {
  for (const auto& [name, bytes] : files_) {
    EXPECT_TRUE(base::write_file_atomically(path(name), bytes, base::kSecretMode).has_value());
  }
  trust_ = artifact::load_trust_set(std::array{path("identity.pub.v1")}).value();
}

wire::Expected OpenedSite::expected() const {
  return wire::expect(secret_.content.program, secret_.content.key);
}

wire::SealedModel OpenedSite::stage(const std::string& name) const {
  return wire::SealedModel::open_stage(bytes(name), name, &trust_).value();
}

Slots OpenedSite::decrypt(const ckks::Ciphertext& ciphertext) const {
  return secret_.context->encoder().decode(secret::decrypt(ring(), *secret_.secret, ciphertext));
}

Bytes OpenedSite::answer(const std::string& model, const std::vector<std::string>& inputs) const {
  using runtime::session::LoadedModel;
  const runtime::session::ModelFiles files{path(model), path("evaluation-keys.v1")};
  const bool is_whole = model == "sealed-model.v1";
  const auto loaded =
      (is_whole ? LoadedModel::open(files, trust_, {}, {}) : LoadedModel::open_stage(files, trust_, {}, {})).value();
  std::vector<wire::FileBytes> read;
  for (const std::string& input : inputs) read.emplace_back(bytes(input));
  return loaded->session().answer_all(read, "input", {}).value();
}

}  // namespace obscura::tests::golden
