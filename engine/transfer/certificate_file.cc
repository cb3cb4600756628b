#include "engine/transfer/certificate_file.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <strings.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "engine/text.h"

namespace engine::transfer {
namespace {

namespace fs = std::filesystem;

struct FileDeleter {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using File = std::unique_ptr<std::FILE, FileDeleter>;
using Certificate = std::unique_ptr<X509, CertificateDeleter>;
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

// A key with a passphrase is no use to a service: nobody is there to type it.
int NoPassphrase(char*, int, int, void*) { return -1; }

// The certificate of a file that also holds its key; null otherwise.
Certificate Read(const fs::path& path) {
  const File file(std::fopen(path.c_str(), "re"));
  if (!file) return nullptr;
  Certificate certificate(PEM_read_X509(file.get(), nullptr, &NoPassphrase, nullptr));
  std::rewind(file.get());
  const Key key(PEM_read_PrivateKey(file.get(), nullptr, &NoPassphrase, nullptr));
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1)
    return nullptr;
  return certificate;
}

Sha1 HashOf(const X509& certificate) {
  Sha1 hash{};
  unsigned int length = 0;
  X509_digest(&certificate, EVP_sha1(), hash.data(), &length);
  return hash;
}

std::string CommonNameOf(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int length =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  OPENSSL_free(text);
  return name;
}

bool EqualWithoutCase(const std::string& a, const std::string& b) {
  return a.size() == b.size() && ::strncasecmp(a.c_str(), b.c_str(), a.size()) == 0;
}

std::string Hex(const Sha1& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

// The names in a directory, sorted; none when it cannot be read.
std::vector<std::string> NamesIn(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  std::ranges::sort(names);
  return names;
}

Result<std::string> FindStore(const fs::path& folder, const std::string& wanted) {
  if (folder.empty())
    return Fail(HResult::kFileNotFound,
                "This server has no client certificates: transfers.client_certificates names no "
                "folder.");
  for (const std::string& name : NamesIn(folder)) {
    std::error_code error;
    if (EqualWithoutCase(name, wanted) && fs::is_directory(folder / name, error)) return name;
  }
  return Fail(HResult::kFileNotFound,
              fmt::format("There is no certificate store {}. Its administrator makes one as a "
                          "directory of that name below transfers.client_certificates.",
                          Quoted(wanted)));
}

tl::unexpected<Error> NotFound(const std::string& store, const std::string& what) {
  return Fail(HResult::kCertificateNotFound,
              fmt::format("The certificate store {} has no certificate {} with its key.",
                          Quoted(store), what));
}

}  // namespace

fs::path CertificateFile(const fs::path& folder, const ClientCertificate& certificate) {
  return folder / certificate.store / (Hex(certificate.hash) + ".pem");
}

Result<ClientCertificate> FindCertificate(const fs::path& folder,
                                          const SetCertificateById& wanted) {
  auto store = FindStore(folder, wanted.store);
  if (!store) return tl::unexpected(store.error());
  ClientCertificate found{static_cast<std::uint8_t>(wanted.location), *std::move(store), {}};
  std::ranges::copy(wanted.hash, found.hash.begin());
  const Certificate certificate = Read(CertificateFile(folder, found));
  if (!certificate || HashOf(*certificate) != found.hash)
    return NotFound(found.store, "with the hash " + Hex(found.hash));
  return found;
}

Result<ClientCertificate> FindCertificate(const fs::path& folder,
                                          const SetCertificateByName& wanted) {
  auto store = FindStore(folder, wanted.store);
  if (!store) return tl::unexpected(store.error());
  Certificate best;
  for (const std::string& name : NamesIn(folder / *store)) {
    Certificate certificate = Read(folder / *store / name);
    if (!certificate || name != Hex(HashOf(*certificate)) + ".pem") continue;
    if (!EqualWithoutCase(CommonNameOf(*certificate), wanted.subject)) continue;
    const bool better = !best || ASN1_TIME_compare(X509_get0_notAfter(certificate.get()),
                                                   X509_get0_notAfter(best.get())) > 0;
    if (better) best = std::move(certificate);
  }
  if (!best) return NotFound(*store, "for " + Quoted(wanted.subject));
  return ClientCertificate{static_cast<std::uint8_t>(wanted.location), *std::move(store),
                           HashOf(*best)};
}

}  // namespace engine::transfer
