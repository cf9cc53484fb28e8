// One image through an encrypted network, with the three sides as three functions. In earnest each is a program of its
// own on a machine of its own, and the bytes that the functions hand on travel between them.
//
//   classify KEYS MODEL.sealed VENDOR.pub IMAGE
//
// KEYS is a folder that `obscura keygen --unprotected` made, MODEL.sealed the output of `obscura seal`, VENDOR.pub the
// public half of the identity that signed it.

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "deploy/client/open_answer.hpp"
#include "deploy/client/open_secret.hpp"
#include "deploy/client/read_input.hpp"
#include "deploy/client/release_count.hpp"
#include "deploy/client/request_writer.hpp"
#include "fhe/secret/key_file.hpp"
#include "runtime/session/loaded_model.hpp"
#include "runtime/wire/limits.hpp"

namespace {

namespace artifact = obscura::artifact;
namespace base = obscura::base;
namespace client = obscura::deploy::client;
namespace session = obscura::runtime::session;
namespace wire = obscura::runtime::wire;

using Bytes = std::vector<std::uint8_t>;

// Threads to compute with. The fastest kernels that the processor has are chosen by themselves.
const obscura::fhe::ckks::EngineOptions kEngine{2, ""};

// The data owner has an image and the public key. Nothing that fails throws: a function returns a base::Result, and
// OBSCURA_TRY takes the value out of it or passes the error on.
base::Result<Bytes> encrypt(const std::string& public_key, const std::string& image) {
  OBSCURA_TRY(const Bytes file, base::read_file(public_key, wire::kMaxPublicKeyBytes));
  OBSCURA_TRY(const auto writer, client::RequestWriter::open(file, public_key, kEngine));
  // The public key says what inputs look like. A program with pixels in memory makes the tensor itself: floats,
  // channel-major, normalised.
  OBSCURA_TRY(const auto tensor, client::read_input(image, writer.form().input_spec));
  return writer.write(tensor);
}

// The worker has the encrypted model and the evaluation keys, and learns nothing. Which signers it trusts is its
// operator's word; a model signed by anybody else is refused. A server opens the model once and answers many requests.
base::Result<Bytes> answer(const session::ModelFiles& files, const std::string& vendor, const Bytes& request) {
  const std::vector<std::string> trusted{vendor};
  OBSCURA_TRY(const auto trust, artifact::load_trust_set(trusted));
  OBSCURA_TRY(const auto model, session::LoadedModel::open(files, trust, kEngine, {}));
  return model->session().answer(request, "the request", {});
}

// The key holder decrypts and gets what may be released: a label and a margin, rounded to what the error of the
// computation leaves certain. A key file under a passphrase takes its bytes in place of {}. What the key releases is
// counted in a file beside it, and it releases no more than it may: a server opens both once, and keeps them.
base::Result<client::Release> decrypt(const std::string& secret_key, const Bytes& result) {
  OBSCURA_TRY(const auto file, base::read_secret_file(secret_key, obscura::fhe::secret::kMaxKeyFileBytes));
  OBSCURA_TRY(const auto key, client::open_secret(file.reveal_secret(), secret_key, {}, kEngine));
  OBSCURA_TRY(const auto count, client::ReleaseCount::open(key, client::release_count_path(secret_key)));
  return client::open_answer(key, *count, result, "the answer");
}

base::Result<void> classify(const std::string& keys, const std::string& model, const std::string& vendor,
                            const std::string& image) {
  OBSCURA_TRY(const Bytes request, encrypt(keys + "/public", image));
  OBSCURA_TRY(const Bytes result, answer({model, keys + "/eval"}, vendor, request));
  OBSCURA_TRY(const auto release, decrypt(keys + "/secret", result));
  std::printf("%s (margin %g%s)\n", release.name.c_str(), release.margin, release.decided ? "" : ", undecided");
  return {};
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    std::fputs("usage: classify KEYS MODEL.sealed VENDOR.pub IMAGE\n", stderr);
    return 2;
  }
  const auto done = classify(words[1], words[2], words[3], words[4]);
  if (done) return 0;
  std::fprintf(stderr, "classify: %s\n  hint: %s\n", done.error().message.c_str(), done.error().hint.c_str());
  return static_cast<int>(done.error().code);
}
