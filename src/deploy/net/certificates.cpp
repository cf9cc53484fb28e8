#include "deploy/net/certificates.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <utility>

namespace obscura::deploy::net {
namespace {

using base::Result;

constexpr long kVersion3 = 2;
constexpr int kSerialBits = 127;
constexpr long kSecondsOfADay = 24L * 3600;
constexpr long kBackdateSeconds = 3600;  // clocks differ

template <auto Function>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Handle = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

tl::unexpected<base::Error> failed(const std::string& name) {
  return base::fail(base::ErrorCode::kIo, fmt::format("OpenSSL makes no certificate for {}", name),
                    "names have at most 64 characters");
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

bool set_serial(X509* certificate) {
  const Number number(BN_new());
  return number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509_NAME* name, const std::string& text) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes, static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Everything but issuer, extensions and signature.
X509Handle begin(const std::string& name, EVP_PKEY* key, int days) {
  X509Handle certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), kVersion3) != 1 || !set_serial(certificate.get()) ||
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdateSeconds) == nullptr ||
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * kSecondsOfADay) == nullptr ||
      X509_set_pubkey(certificate.get(), key) != 1 || !set_name(X509_get_subject_name(certificate.get()), name)) {
    return nullptr;
  }
  return certificate;
}

bool sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  return X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string certificate_text(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  return bio && PEM_write_bio_X509(bio.get(), certificate) == 1 ? text_of(bio.get()) : "";
}

std::string key_text(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  const bool written = bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  return written ? text_of(bio.get()) : "";
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) {
    unsigned char address[sizeof(in6_addr)];
    const bool numeric =
        ::inet_pton(AF_INET, host.c_str(), address) == 1 || ::inet_pton(AF_INET6, host.c_str(), address) == 1;
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", numeric ? "IP" : "DNS", host);
  }
  return text;
}

struct Purpose {
  std::string usage;
  std::string alternative_names;
};

Result<Certificate> issue(X509* issuer, EVP_PKEY* issuer_key, const std::string& name, const Purpose& purpose,
                          int days) {
  const Key key(EVP_EC_gen("P-256"));
  const X509Handle certificate = key ? begin(name, key.get(), days) : nullptr;
  if (!certificate || !add_extension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(certificate.get(), issuer, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(certificate.get(), issuer, NID_ext_key_usage, purpose.usage) ||
      (!purpose.alternative_names.empty() &&
       !add_extension(certificate.get(), issuer, NID_subject_alt_name, purpose.alternative_names)) ||
      !sign(certificate.get(), issuer, issuer_key)) {
    return failed(name);
  }
  Certificate made{.certificate_pem = certificate_text(certificate.get()), .secret_key_pem = key_text(key.get())};
  if (made.certificate_pem.empty() || made.secret_key_pem.empty()) return failed(name);
  return made;
}

}  // namespace

struct CertificateAuthority::Parts {
  Key key;
  X509Handle certificate;
};

CertificateAuthority::CertificateAuthority(std::unique_ptr<Parts> parts, std::string certificate_pem)
    : parts_(std::move(parts)), certificate_pem_(std::move(certificate_pem)) {}
CertificateAuthority::CertificateAuthority(CertificateAuthority&&) noexcept = default;
CertificateAuthority& CertificateAuthority::operator=(CertificateAuthority&&) noexcept = default;
CertificateAuthority::~CertificateAuthority() = default;

Result<CertificateAuthority> CertificateAuthority::create(const std::string& name, int days) {
  auto parts = std::make_unique<Parts>();
  parts->key.reset(EVP_EC_gen("P-256"));
  if (parts->key) parts->certificate = begin(name, parts->key.get(), days);
  X509* const own = parts->certificate.get();
  if (own == nullptr || !add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign") || !sign(own, own, parts->key.get())) {
    return failed(name);
  }
  std::string text = certificate_text(own);
  return CertificateAuthority(std::move(parts), std::move(text));
}

Result<Certificate> CertificateAuthority::issue_server(const std::string& name, const std::vector<std::string>& hosts,
                                                       int days) const {
  return issue(parts_->certificate.get(), parts_->key.get(), name,
               {.usage = "serverAuth,clientAuth", .alternative_names = alternative_names(hosts)}, days);
}

Result<Certificate> CertificateAuthority::issue_client(const std::string& name, int days) const {
  return issue(parts_->certificate.get(), parts_->key.get(), name, {.usage = "clientAuth", .alternative_names = {}},
               days);
}

}  // namespace obscura::deploy::net
