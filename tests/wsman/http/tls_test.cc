// What the HTTPS listeners negotiate.
#include "wsman/http/tls.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "tests/support/test_certificates.h"
#include "tests/wsman/http/server_fixture.h"

namespace wsman::http {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// Both ends of a handshake in memory.
class Handshake {
 public:
  Handshake(const TlsContext& server, SSL_CTX* client)
      : server_context_(server.NewReference(), &SSL_CTX_free),
        server_(SSL_new(server_context_.get()), &SSL_free),
        client_(SSL_new(client), &SSL_free) {
    BIO* to_server = nullptr;
    BIO* to_client = nullptr;
    BIO_new_bio_pair(&to_server, 0, &to_client, 0);
    SSL_set_bio(server_.get(), to_server, to_server);
    SSL_set_bio(client_.get(), to_client, to_client);
    SSL_set_accept_state(server_.get());
    SSL_set_connect_state(client_.get());
    for (int i = 0; i < 20; ++i) {
      SSL_do_handshake(client_.get());
      SSL_do_handshake(server_.get());
    }
  }

  bool Succeeded() const {
    return SSL_is_init_finished(client_.get()) == 1 && SSL_is_init_finished(server_.get()) == 1;
  }
  std::string version() const { return SSL_get_version(client_.get()); }
  SSL* server() { return server_.get(); }
  SSL* client() { return client_.get(); }

 private:
  Context server_context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> server_;
  std::unique_ptr<SSL, decltype(&SSL_free)> client_;
};

class TlsTest : public ServerTest {
 protected:
  TlsTest()
      : context_(
            *TlsContext::Load({.certificate = options_.tls_certificate, .key = options_.tls_key})) {
  }

  static Context Client(int smallest, int largest, const char* ciphers = "ALL:@SECLEVEL=0") {
    Context client(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    SSL_CTX_set_cipher_list(client.get(), ciphers);
    SSL_CTX_set_min_proto_version(client.get(), smallest);
    SSL_CTX_set_max_proto_version(client.get(), largest);
    return client;
  }

  TlsContext context_;
};

TEST_F(TlsTest, Version12And13AreSpokenAndNothingOlder) {
  const Context current = Client(0, 0);
  EXPECT_EQ(Handshake(context_, current.get()).version(), "TLSv1.3");
  const Context twelve = Client(TLS1_2_VERSION, TLS1_2_VERSION);
  EXPECT_TRUE(Handshake(context_, twelve.get()).Succeeded());
  const Context eleven = Client(TLS1_VERSION, TLS1_1_VERSION);
  EXPECT_FALSE(Handshake(context_, eleven.get()).Succeeded());
}

TEST_F(TlsTest, CiphersAreForwardSecretAndAuthenticated) {
  for (const char* good : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                           "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    const Context client = Client(TLS1_2_VERSION, TLS1_2_VERSION, good);
    EXPECT_TRUE(Handshake(context_, client.get()).Succeeded()) << good;
  }
  for (const char* bad : {"ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256",
                          "AES256-GCM-SHA384", "AECDH-AES256-SHA:@SECLEVEL=0"}) {
    const Context client = Client(TLS1_2_VERSION, TLS1_2_VERSION, bad);
    EXPECT_FALSE(Handshake(context_, client.get()).Succeeded()) << bad;
  }
}

TEST_F(TlsTest, RenegotiationIsRefused) {
  const Context client = Client(TLS1_2_VERSION, TLS1_2_VERSION);
  Handshake handshake(context_, client.get());
  ASSERT_TRUE(handshake.Succeeded());
  ASSERT_EQ(SSL_renegotiate(handshake.client()), 1);
  char byte = 0;
  for (int i = 0; i < 5; ++i) {
    SSL_do_handshake(handshake.client());
    SSL_read(handshake.server(), &byte, 1);
  }
  EXPECT_EQ(SSL_num_renegotiations(handshake.client()), 1);
  EXPECT_EQ(SSL_is_init_finished(handshake.client()), 0);
}

TEST_F(TlsTest, SessionsAreNotResumed) {
  const Context client = Client(0, 0);
  Handshake handshake(context_, client.get());
  ASSERT_TRUE(handshake.Succeeded());
  EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get_session(handshake.client())), 0);
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsRefused) {
  const auto other = test_support::MakeCertificate(folder_, "other");
  const auto loaded = TlsContext::Load({.certificate = options_.tls_certificate, .key = other.key});
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().find("other.key"), std::string::npos) << loaded.error();
}

TEST_F(TlsTest, KeysHave2048BitsAtLeast) {
  const auto loads = [this](std::size_t bits) {
    const auto files = test_support::MakeCertificate(folder_, "rsa", {.rsa_bits = bits});
    return TlsContext::Load({.certificate = files.certificate, .key = files.key}).has_value();
  };
  EXPECT_FALSE(loads(1'024));
  EXPECT_FALSE(loads(2'047));
  EXPECT_TRUE(loads(2'048));
}

TEST_F(TlsTest, NothingIsCompressed) {
  const Context client = Client(TLS1_2_VERSION, TLS1_2_VERSION);
  SSL_CTX_clear_options(client.get(), SSL_OP_NO_COMPRESSION);
  Handshake handshake(context_, client.get());
  ASSERT_TRUE(handshake.Succeeded());
  EXPECT_EQ(SSL_get_current_compression(handshake.client()), nullptr);
  EXPECT_NE(SSL_get_options(handshake.server()) & SSL_OP_NO_COMPRESSION, 0U);
}

TEST_F(TlsTest, FilesOfClientCertificatesAreCheckedAtTheStart) {
  const auto error_with = [this](const std::filesystem::path& ca,
                                 const std::filesystem::path& crl) {
    const auto loaded = TlsContext::Load({.certificate = options_.tls_certificate,
                                          .key = options_.tls_key,
                                          .client_ca = ca,
                                          .client_crl = crl});
    return loaded ? std::string() : loaded.error();
  };
  EXPECT_EQ(error_with(options_.tls_certificate, {}), "");
  EXPECT_NE(error_with(users_file_, {}).find(users_file_.string()), std::string::npos);
  EXPECT_NE(error_with(folder_ / "none", {}).find("none"), std::string::npos);
  EXPECT_NE(error_with(options_.tls_certificate, options_.tls_certificate)
                .find("certificate revocation list"),
            std::string::npos);
}

TEST_F(TlsTest, AClientsCertificateIsVerifiedWithWhatIsInUse) {
  const auto good = test_support::MakeCertificate(folder_, "good", {.usage = "clientAuth"});
  const auto server = test_support::MakeCertificate(folder_, "other", {.usage = "serverAuth"});
  const auto plain = test_support::MakeCertificate(folder_, "plain");
  const auto with = [this](const std::filesystem::path& authority) {
    return *TlsContext::Load(
        {.certificate = options_.tls_certificate, .key = options_.tls_key, .client_ca = authority});
  };
  // What `verifier` thinks of a client that shows this certificate to `context`.
  const auto ask = [](const TlsContext& context, const TlsContext& verifier,
                      const test_support::CertificateFiles& shown) {
    const Context client = Client(0, 0);
    SSL_CTX_use_certificate_chain_file(client.get(), shown.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(client.get(), shown.key.c_str(), SSL_FILETYPE_PEM);
    Handshake handshake(context, client.get());
    EXPECT_TRUE(handshake.Succeeded()) << "nobody is turned away for a certificate";
    return verifier.VerifyClient(handshake.server());
  };
  const TlsContext trusting = with(good.certificate);
  const auto verified = ask(trusting, trusting, good);
  ASSERT_TRUE(verified) << verified.error();
  EXPECT_EQ(verified->key_sha256.size(), 64U);
  EXPECT_EQ(verified->serial, "1");
  EXPECT_EQ(verified->issuer, "CN=localhost");
  EXPECT_FALSE(ask(trusting, with(plain.certificate), good)) << "another authority since";
  EXPECT_FALSE(ask(with(server.certificate), with(server.certificate), server));
  EXPECT_FALSE(ask(with(plain.certificate), with(plain.certificate), plain));
  EXPECT_FALSE(ask(context_, trusting, good)) << "it was not asked for";
}

TEST_F(TlsTest, ManyConnectionsSpeakAtOnce) {
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<RawClient>(https()));
  for (const auto& client : clients) client->Send(Post("<x/>"));
  for (const auto& client : clients) EXPECT_EQ(client->Receive()->status, 200);
}

}  // namespace
}  // namespace wsman::http
