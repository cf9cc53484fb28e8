#include "deploy/net/statement.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace obscura::deploy::net {

SignedStatement sign_statement(std::string_view context, std::vector<std::uint8_t> body,
                               const artifact::SigningKey& key) {
  OBSCURA_CHECK(body.size() <= kMaxStatementBytes, "a statement is longer than its readers allow");
  SignedStatement statement{.body = std::move(body), .signer = key.verify_key()};
  statement.signature = key.sign(context, statement.body);
  return statement;
}

bool is_signed(const SignedStatement& statement, std::string_view context) {
  return artifact::verify(statement.signer, context, statement.body, statement.signature);
}

void write_statement(const SignedStatement& statement, base::ByteWriter& writer) {
  writer.bytes(statement.signer.bytes);
  writer.bytes(statement.signature);
  writer.u32(static_cast<std::uint32_t>(statement.body.size()));
  writer.bytes(statement.body);
}

SignedStatement read_statement(base::ByteReader& reader) {
  SignedStatement statement;
  const auto signer = reader.bytes(statement.signer.bytes.size());
  std::copy(signer.begin(), signer.end(), statement.signer.bytes.begin());
  const auto signature = reader.bytes(statement.signature.size());
  std::copy(signature.begin(), signature.end(), statement.signature.begin());
  const auto body = reader.bytes(reader.count(kMaxStatementBytes, 1));
  statement.body.assign(body.begin(), body.end());
  return statement;
}

}  // namespace obscura::deploy::net
