#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

// X.509 for a site of one's own: development, tests, small installations. Keys are ECDSA over P-256, which servers,
// OpenSSL and browsers all take.
namespace obscura::deploy::net {

struct Certificate {
  std::string certificate_pem;
  std::string secret_key_pem;  ///< PKCS#8
};

/// Signs certificates; its key lives as long as the object and is written nowhere.
class CertificateAuthority {
 public:
  /// `name` is what people see; valid for `days`. Error: kIo (OpenSSL refuses, for want of entropy say).
  [[nodiscard]] static base::Result<CertificateAuthority> create(const std::string& name, int days);
  CertificateAuthority(CertificateAuthority&&) noexcept;
  CertificateAuthority& operator=(CertificateAuthority&&) noexcept;
  ~CertificateAuthority();

  [[nodiscard]] const std::string& certificate_pem() const { return certificate_pem_; }

  /// For a server that is reached as one of `hosts` (names, or addresses of IP version 4 or 6), and that also connects
  /// to others like it.
  [[nodiscard]] base::Result<Certificate> issue_server(const std::string& name, const std::vector<std::string>& hosts,
                                                       int days) const;
  [[nodiscard]] base::Result<Certificate> issue_client(const std::string& name, int days) const;

 private:
  struct Parts;
  CertificateAuthority(std::unique_ptr<Parts> parts, std::string certificate_pem);
  std::unique_ptr<Parts> parts_;
  std::string certificate_pem_;
};

}  // namespace obscura::deploy::net
