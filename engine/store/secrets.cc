#include "engine/store/secrets.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "engine/fd.h"
#include "engine/store/aes_gcm.h"
#include "engine/store/open.h"

namespace engine::store {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kKeyIdBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kKeyIdBytes + kNonceBytes;
constexpr std::size_t kUserLengthBytes = 4;
constexpr mode_t kKeyMode = 0400;
constexpr mode_t kOthers = 0077;
// What is sealed here.
constexpr std::string_view kCredentialField = "bitsd job credential";
constexpr std::string_view kHeadersField = "bitsd job headers";

Bytes BytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<std::uint8_t> FieldOf(std::string_view name, const JobId& job) {
  std::vector<std::uint8_t> data(name.begin(), name.end());
  data.push_back(kVersion);
  const auto& id = job.bytes();
  data.insert(data.end(), id.begin(), id.end());
  return data;
}

std::vector<std::uint8_t> FieldOf(const SecretName& name) {
  std::vector<std::uint8_t> data = FieldOf(kCredentialField, name.job);
  data.push_back(static_cast<std::uint8_t>(name.target));
  data.push_back(static_cast<std::uint8_t>(name.scheme));
  return data;
}

// The user name's length, then both texts.
SecretText Pack(const UserAndPassword& secret) {
  const auto length = static_cast<std::uint32_t>(secret.user.text().size());
  std::string packed;
  packed.reserve(kUserLengthBytes + length + secret.password.text().size());
  for (unsigned shift = 0; shift < 32; shift += 8)
    packed += static_cast<char>((length >> shift) & 0xFF);
  packed += secret.user.text();
  packed += secret.password.text();
  return SecretText::TakeFrom(packed);
}

std::optional<UserAndPassword> Unpack(const SecretText& packed) {
  std::string_view rest = packed.text();
  if (rest.size() < kUserLengthBytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kUserLengthBytes; ++i)
    length |= static_cast<std::size_t>(static_cast<unsigned char>(rest[i])) << (8 * i);
  rest.remove_prefix(kUserLengthBytes);
  if (rest.size() < length) return std::nullopt;
  return UserAndPassword{SecretText(rest.substr(0, length)), SecretText(rest.substr(length))};
}

tl::unexpected<Error> ChangedOutside() {
  return Fail(HResult::kInvalidCredentials,
              "The stored credentials or headers were changed outside of the service, or belong to "
              "another job. Set them again.",
              ErrorContext::kGeneralQueueManager);
}

bool FillRandom(std::span<std::uint8_t> bytes) {
  ssize_t got = -1;
  do got = getrandom(bytes.data(), bytes.size(), 0);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(bytes.size());
}

std::string ErrnoText() { return std::generic_category().message(errno); }

Error KeyProblem(const std::filesystem::path& file, std::string_view what) {
  return {HResult::kInvalidCredentials, ErrorContext::kGeneralQueueManager,
          fmt::format("The key of the stored credentials, {}, {}", file.native(), what)};
}

// What is wrong with the file as a key file; empty for nothing.
std::string FaultOf(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return "is not a regular file. Move it away.";
  if ((status.st_mode & kOthers) != 0)
    return "may be read by others than the service. Run chmod 400 on it and restart the service; "
           "when others may have read it, move it away and set all credentials again.";
  if (status.st_size != static_cast<off_t>(kKeyBytes))
    return fmt::format("does not have {} bytes. Restore it from a backup and restart the service.",
                       kKeyBytes);
  return {};
}

}  // namespace

Secrets::Secrets(std::filesystem::path key_file) : file_(std::move(key_file)) {
  const std::unique_lock lock(mutex_);
  (void)Load();
}

Secrets::~Secrets() = default;

// Without a file there is no key and no problem.
Status Secrets::Load() {
  problem_.reset();
  if (file_.empty()) return {};
  const Fd opened(open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (opened.get() < 0 && errno == ENOENT) return {};
  struct stat status {};
  std::string fault;
  if (opened.get() < 0 || fstat(opened.get(), &status) != 0)
    fault = fmt::format("cannot be read: {}. Let the service's account read it and restart.",
                        ErrnoText());
  else
    fault = FaultOf(status);
  std::string key(kKeyBytes, '\0');
  if (fault.empty() &&
      read(opened.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()))
    fault = "cannot be read. Restore it from a backup and restart the service.";
  SecretText taken = SecretText::TakeFrom(key);
  if (!fault.empty()) {
    problem_ = KeyProblem(file_, fault);
    return tl::unexpected(*problem_);
  }
  key_ = std::move(taken);
  return {};
}

Status Secrets::Create() {
  std::string key(kKeyBytes, '\0');
  const bool random = FillRandom({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  const SecretText taken = SecretText::TakeFrom(key);
  if (!random) return Fail(HResult::kUnexpected, "The system gives no random numbers.");
  // Written beside and then given its name, so that a crash leaves no half a key.
  const std::filesystem::path draft = file_.native() + ".new";
  unlink(draft.c_str());
  const Fd made(
      open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kKeyMode));
  const std::string& bytes = taken.text();
  const bool written =
      made.get() >= 0 &&
      write(made.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      fsync(made.get()) == 0 && link(draft.c_str(), file_.c_str()) == 0;
  const int number = errno;
  unlink(draft.c_str());
  if (!written) {
    return Fail(HResult::kUnexpected,
                fmt::format("The key of stored credentials, {}, cannot be written: {}. Choose "
                            "another file with state.secrets_key.",
                            file_.native(), std::generic_category().message(number)));
  }
  if (Status synced = SyncDirectory(file_.parent_path()); !synced) return synced;
  key_ = taken;
  return {};
}

Status Secrets::EnsureKey(bool may_create) {
  const std::unique_lock lock(mutex_);
  if (!key_.text().empty()) return {};
  if (file_.empty())
    return Fail(HResult::kUnexpected,
                "Credentials cannot be stored: state.secrets_key names no file.");
  if (Status loaded = Load(); !loaded) return loaded;
  if (!key_.text().empty()) return {};
  if (may_create) return Create();
  return tl::unexpected(
      KeyProblem(file_,
                 "is missing while jobs have credentials that need it. Restore it, or remove "
                 "the credentials of those jobs (or the jobs) so that another key can be made."));
}

Result<std::vector<std::uint8_t>> Secrets::SealText(Bytes field, const SecretText& plain) const {
  const std::shared_lock lock(mutex_);
  if (key_.text().empty()) return Fail(HResult::kUnexpected, "There is no key for secrets.");
  const Bytes key = BytesOf(key_.text());
  std::vector<std::uint8_t> sealed(kHeadBytes);
  sealed[0] = kVersion;
  std::ranges::copy(Digest(key, kKeyIdBytes), sealed.begin() + 1);
  const std::span<std::uint8_t> nonce(sealed.data() + 1 + kKeyIdBytes, kNonceBytes);
  if (!FillRandom(nonce)) return Fail(HResult::kUnexpected, "The system gives no random numbers.");
  const auto body = Encrypt(key, nonce, field, BytesOf(plain.text()));
  if (!body) return Fail(HResult::kUnexpected, "The secret could not be encrypted.");
  sealed.insert(sealed.end(), body->begin(), body->end());
  return sealed;
}

Result<SecretText> Secrets::OpenText(Bytes field, Bytes sealed) const {
  const std::shared_lock lock(mutex_);
  if (problem_) return tl::unexpected(*problem_);
  if (key_.text().empty())
    return tl::unexpected(KeyProblem(
        file_, "is missing. Restore it and restart the service, or remove the job's credentials."));
  const Bytes key = BytesOf(key_.text());
  if (sealed.size() < kHeadBytes || sealed[0] != kVersion ||
      !std::ranges::equal(sealed.subspan(1, kKeyIdBytes), Digest(key, kKeyIdBytes)))
    return tl::unexpected(
        KeyProblem(file_,
                   "is not the one that these credentials were stored with. Restore that one and "
                   "restart the service, or set the credentials again."));
  auto plain =
      Decrypt(key, sealed.subspan(1 + kKeyIdBytes, kNonceBytes), field, sealed.subspan(kHeadBytes));
  if (plain) return *std::move(plain);
  return ChangedOutside();
}

Result<std::vector<std::uint8_t>> Secrets::Seal(const SecretName& name,
                                                const UserAndPassword& secret) const {
  return SealText(FieldOf(name), Pack(secret));
}

Result<UserAndPassword> Secrets::Open(const SecretName& name, Bytes sealed) const {
  const auto plain = OpenText(FieldOf(name), sealed);
  if (!plain) return tl::unexpected(plain.error());
  if (auto secret = Unpack(*plain)) return *std::move(secret);
  return ChangedOutside();
}

Result<std::vector<std::uint8_t>> Secrets::SealHeaders(const JobId& job,
                                                       const SecretText& headers) const {
  return SealText(FieldOf(kHeadersField, job), headers);
}

Result<SecretText> Secrets::OpenHeaders(const JobId& job, Bytes sealed) const {
  return OpenText(FieldOf(kHeadersField, job), sealed);
}

std::optional<Error> Secrets::problem() const {
  const std::shared_lock lock(mutex_);
  return problem_;
}

std::string IdentityOf(Bytes sealed) {
  std::string text;
  const Bytes nonce =
      sealed.size() < kHeadBytes ? sealed : sealed.subspan(1 + kKeyIdBytes, kNonceBytes);
  for (const std::uint8_t byte : nonce) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace engine::store
