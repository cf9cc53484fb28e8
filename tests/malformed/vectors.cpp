#include "tests/malformed/vectors.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "runtime/wire/spec_file.hpp"

namespace obscura::fuzz {

Bytes good(Workshop& workshop, const std::string& format, const std::string& name) {
  for (Artefact& artefact : make_artefacts(workshop)) {
    if (artefact.format == format && artefact.name == name) return std::move(artefact.bytes);
  }
  OBSCURA_CHECK(false, "there is no such artefact");
  return {};
}

Bytes with_number(Bytes bytes, std::size_t at, std::uint64_t value, std::size_t width) {
  OBSCURA_CHECK(at + width <= bytes.size(), "a number outside the bytes");
  for (std::size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  return bytes;
}

Bytes with_section(const Workshop& workshop, const Bytes& file, std::uint32_t id,
                   const std::function<void(Bytes&)>& change) {
  return with_pieces(workshop, file, [&](Pieces& pieces) {
    Bytes* section = pieces.section(id);
    OBSCURA_CHECK(section != nullptr, "there is no such section");
    change(*section);
  });
}

Bytes with_pieces(const Workshop& workshop, const Bytes& file, const std::function<void(Pieces&)>& change) {
  auto pieces = take_apart(file);
  OBSCURA_CHECK(pieces.has_value(), "a good file can be taken apart");
  change(*pieces);
  return put_together(*pieces, workshop.signer());
}

Bytes spec_of(Workshop& workshop, const std::function<void(plan::program::Program&)>& change) {
  plan::program::Program program = workshop.whole().program();
  change(program);
  return runtime::wire::write_spec(program, workshop.whole().plan().labels);
}

}  // namespace obscura::fuzz
