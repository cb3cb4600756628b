#include "wsman/auth/certificate.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "schema/cim.h"
#include "wsman/auth/account_name.h"
#include "wsman/auth/secret_file.h"

namespace wsman::auth {
namespace {

constexpr std::string_view kWhat = "certificates file";
constexpr std::string_view kProfile =
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";
constexpr std::size_t kSha256Digits = 64;

template <typename T>
using Expected = tl::expected<T, std::string>;

// What one line says: the certificates of this identity are that user's.
struct Line {
  std::string name;
  std::string identity;
};

bool IsHexadecimal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

std::string KeyIdentity(std::string_view digits) { return "key:" + FoldedName(digits); }

std::string SerialIdentity(std::string_view serial, std::string_view issuer) {
  serial.remove_prefix(std::min(serial.find_first_not_of('0'), serial.size()));
  return fmt::format("serial:{}:{}", UpperCase(serial), issuer);
}

std::string UpnIdentity(std::string_view name) { return "upn:" + FoldedName(name); }

tl::unexpected<std::string> Mistake(std::string_view text) {
  return tl::unexpected(std::string(text));
}

Expected<std::string> ParseIdentity(std::string_view kind, std::string_view value) {
  if (kind == "key") {
    if (value.size() == kSha256Digits && IsHexadecimal(value)) return KeyIdentity(value);
    return Mistake("a key is the SHA-256 of a public key: 64 hexadecimal digits");
  }
  if (kind == "serial") {
    const std::size_t colon = std::min(value.find(':'), value.size());
    const std::string_view issuer = value.substr(std::min(colon + 1, value.size()));
    if (IsHexadecimal(value.substr(0, colon)) && !issuer.empty()) {
      return SerialIdentity(value.substr(0, colon), issuer);
    }
    return Mistake("expected serial:HEXADECIMAL:ISSUER, as in serial:01AB:CN=Corp CA,O=Corp");
  }
  if (kind != "upn") return Mistake("expected NAME:key:…, NAME:serial:… or NAME:upn:…");
  if (value.empty()) return Mistake("the user principal name is empty");
  return UpnIdentity(value);
}

Expected<Line> ParseLine(std::string_view line) {
  const std::size_t first = std::min(line.find(':'), line.size());
  const std::size_t second = std::min(line.find(':', first + 1), line.size());
  if (second == line.size()) return Mistake("expected NAME:key:…, NAME:serial:… or NAME:upn:…");
  const std::string_view name = line.substr(0, first);
  if (const std::string_view mistake = UserNameMistake(name); !mistake.empty()) {
    return Mistake(mistake);
  }
  auto identity =
      ParseIdentity(line.substr(first + 1, second - first - 1), line.substr(second + 1));
  if (!identity) return tl::unexpected(std::move(identity).error());
  return Line{.name = std::string(name), .identity = *std::move(identity)};
}

// What may name the certificate, the most exact first.
std::vector<std::string> IdentitiesOf(const ClientCertificate& certificate) {
  std::vector<std::string> identities = {KeyIdentity(certificate.key_sha256),
                                         SerialIdentity(certificate.serial, certificate.issuer)};
  for (const std::string& name : certificate.user_principal_names) {
    identities.push_back(UpnIdentity(name));
  }
  return identities;
}

}  // namespace

bool IsCertificate(std::string_view authorization) {
  return schema::EqualsIgnoreCase(authorization, kProfile);
}

CertificateMap::CertificateMap(std::filesystem::path file)
    : file_(std::move(file)), state_(StateOf(file_)) {}

tl::expected<std::unique_ptr<CertificateMap>, std::string> CertificateMap::Open(
    const std::filesystem::path& file) {
  std::unique_ptr<CertificateMap> map(new CertificateMap(file));
  auto names = map->Read();
  if (!names) return tl::unexpected(std::move(names).error());
  map->names_ = *std::move(names);
  return map;
}

std::optional<std::string> CertificateMap::Find(const ClientCertificate& certificate) {
  const std::lock_guard lock(mutex_);
  ReadIfChanged();
  for (const std::string& identity : IdentitiesOf(certificate)) {
    const auto name = names_.find(identity);
    if (name != names_.end()) return name->second;
  }
  return std::nullopt;
}

void CertificateMap::ReadIfChanged() {
  const FileState state = StateOf(file_);
  if (state == state_) return;
  state_ = state;  // taken before reading: a later change is noticed
  auto names = Read();
  if (!names) {
    spdlog::error("{}; until this is corrected nobody can log in with a certificate",
                  names.error());
  }
  names_ = names ? *std::move(names) : Names();
}

tl::expected<CertificateMap::Names, std::string> CertificateMap::Read() const {
  Names names;
  if (StateOf(file_) == FileState{}) return names;
  const Expected<std::string> text = ReadSecretFile(file_, kWhat);
  if (!text) return tl::unexpected(text.error());
  std::size_t number = 0;
  for (const std::string& line : SecretFileLines(*text)) {
    ++number;
    if (!IsSecretFileEntry(line)) continue;
    auto parsed = ParseLine(line);
    if (parsed && !names.emplace(parsed->identity, parsed->name).second) {
      parsed = tl::unexpected(std::string("the same certificate appears twice"));
    }
    if (!parsed) {
      return tl::unexpected(
          fmt::format("{} {} line {}: {}", kWhat, file_.string(), number, parsed.error()));
    }
  }
  return names;
}

}  // namespace wsman::auth
