#include "runtime/wire/key_content.hpp"

#include "base/bytes.hpp"
#include "plan/program/serialize.hpp"
#include "runtime/wire/digest_bytes.hpp"

namespace obscura::runtime::wire {

std::vector<std::uint8_t> write_key_content(const KeyContent& content) {
  base::ByteWriter out;
  out.bytes(content.key.bytes);
  out.bytes(plan::program::serialize(content.program));
  return out.take();
}

base::Result<KeyContent> read_key_content(std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  KeyContent content;
  content.key = read_digest(reader);
  OBSCURA_TRY_VOID(reader.status());
  OBSCURA_TRY(content.program, plan::program::parse(reader.bytes(reader.remaining())));
  return content;
}

}  // namespace obscura::runtime::wire
