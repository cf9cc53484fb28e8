#include "deploy/net/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "deploy/net/testing/nats_place.hpp"

namespace obscura::deploy::net::testing {
namespace {

using X509Handle = std::unique_ptr<X509, decltype(&X509_free)>;

X509Handle parse(const std::string& pem) {
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509Handle certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
  BIO_free(bio);
  return certificate;
}

// Whether `pem` holds for this purpose under the authority, at this moment plus `days`.
bool holds(const CertificateAuthority& authority, const std::string& pem, int purpose, int days = 0) {
  const X509Handle root = parse(authority.certificate_pem());
  const X509Handle certificate = parse(pem);
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_add_cert(store, root.get());
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_STORE_CTX_set_time(context, 0, ::time(nullptr) + days * 24L * 3600);
  const bool good = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return good;
}

TEST(Certificates, HoldForTheirPurposeUntilTheyExpire) {
  const auto authority = insist(CertificateAuthority::create("site", 30));
  const auto server = insist(authority.issue_server("hub", {"localhost"}, 10));
  const auto client = insist(authority.issue_client("worker", 10));
  EXPECT_TRUE(holds(authority, server.certificate_pem, X509_PURPOSE_SSL_SERVER));
  EXPECT_TRUE(holds(authority, client.certificate_pem, X509_PURPOSE_SSL_CLIENT));
  EXPECT_FALSE(holds(authority, client.certificate_pem, X509_PURPOSE_SSL_SERVER));
  EXPECT_TRUE(holds(authority, server.certificate_pem, X509_PURPOSE_SSL_SERVER, 9));
  EXPECT_FALSE(holds(authority, server.certificate_pem, X509_PURPOSE_SSL_SERVER, 11));
}

TEST(Certificates, AreOfTheirAuthorityOnly) {
  const auto authority = insist(CertificateAuthority::create("site", 30));
  const auto namesake = insist(CertificateAuthority::create("site", 30));
  const auto client = insist(namesake.issue_client("worker", 10));
  EXPECT_FALSE(holds(authority, client.certificate_pem, X509_PURPOSE_SSL_CLIENT));
}

TEST(Certificates, NameTheHostsOfAServer) {
  const auto authority = insist(CertificateAuthority::create("site", 30));
  const X509Handle server =
      parse(insist(authority.issue_server("hub", {"hub1.example", "127.0.0.1", "::1"}, 10)).certificate_pem);
  EXPECT_EQ(X509_check_host(server.get(), "hub1.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(server.get(), "hub2.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "127.0.0.2", 0), 0);
}

TEST(Certificates, ANameThatX509CannotHoldIsRefused) {
  const auto authority = insist(CertificateAuthority::create("site", 30));
  EXPECT_FALSE(authority.issue_client(std::string(65, 'a'), 10));
  EXPECT_TRUE(authority.issue_client(std::string(64, 'a'), 10));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
