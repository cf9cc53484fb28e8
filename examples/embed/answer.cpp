// A worker that links obscura::worker and nothing else of Obscura: from the file of a request to the file of its
// result.
//
//   answer MODEL.sealed EVALUATION_KEYS VENDOR.pub REQUEST RESULT

#include <cstdio>
#include <string>
#include <vector>

#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "runtime/session/loaded_model.hpp"
#include "runtime/wire/limits.hpp"

namespace {

namespace base = obscura::base;
namespace session = obscura::runtime::session;
namespace wire = obscura::runtime::wire;

base::Result<void> answer(const session::ModelFiles& files, const std::string& vendor, const std::string& request,
                          const std::string& result) {
  const std::vector<std::string> trusted{vendor};
  OBSCURA_TRY(const auto trust, obscura::artifact::load_trust_set(trusted));
  OBSCURA_TRY(const auto model, session::LoadedModel::open(files, trust, {2, ""}, {}));
  OBSCURA_TRY(const auto asked, base::read_file(request, wire::kMaxRequestBytes));
  OBSCURA_TRY(const auto answered, model->session().answer(asked, request, {}));
  return base::write_file_atomically(result, answered);
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) {
    std::fputs("usage: answer MODEL.sealed EVALUATION_KEYS VENDOR.pub REQUEST RESULT\n", stderr);
    return 2;
  }
  const auto done = answer({words[1], words[2]}, words[3], words[4], words[5]);
  if (done) return 0;
  std::fprintf(stderr, "answer: %s\n  hint: %s\n", done.error().message.c_str(), done.error().hint.c_str());
  return static_cast<int>(done.error().code);
}
