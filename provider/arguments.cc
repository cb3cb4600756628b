#include "provider/arguments.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "provider/job_mapping.h"
#include "provider/method_call.h"

namespace provider {
namespace {

using engine::HResult;
using wsman::FaultCode;
using wsman::MethodCall;

constexpr std::uint64_t kNetworkService = 2;

tl::unexpected<wsman::Fault> BadArgument(HResult code, std::string text) {
  return wsman::Fail(FaultCode::kInvalidParameter, std::move(text),
                     static_cast<std::uint32_t>(code));
}

wsman::Result<engine::JobType> TypeArgument(const MethodCall& call) {
  switch (NumberArgument(call, "Type").value_or(0)) {
    case 0:
      return engine::JobType::kDownload;
    case 1:
      return engine::JobType::kUpload;
    case 2:
      return engine::JobType::kUploadReply;
    default:
      return BadArgument(HResult::kNotImplemented,
                         "Type is not a type of job (E_NOTIMPL). Send 0 (download), 1 (upload) or "
                         "2 (upload with a reply), or leave it out for 0.");
  }
}

wsman::Result<std::string> OwnerArgument(const MethodCall& call) {
  const auto sid =
      SidOfServiceAccount(NumberArgument(call, "ServiceAccount").value_or(kNetworkService));
  if (sid) return std::string(*sid);
  return BadArgument(HResult::kInvalidArgument,
                     "ServiceAccount is not an account. Send 0 (LocalSystem), 1 (LocalService) or "
                     "2 (NetworkService), or leave it out for 2.");
}

wsman::Result<std::string> RequiredText(const MethodCall& call, std::string_view parameter) {
  if (auto text = TextArgument(call, parameter)) return *std::move(text);
  return BadArgument(HResult::kInvalidArgument,
                     fmt::format("The parameter {} is missing.", parameter));
}

}  // namespace

wsman::Result<engine::FileSpec> FileArguments(const MethodCall& call) {
  auto url = RequiredText(call, "RemoteUrl");
  if (!url) return tl::unexpected(url.error());
  auto name = RequiredText(call, "LocalFile");
  if (!name) return tl::unexpected(name.error());
  return engine::FileSpec{*std::move(url), *std::move(name)};
}

wsman::Result<engine::NewJob> NewJobArguments(const MethodCall& call, bool start_by_default) {
  engine::NewJob job;
  auto name = RequiredText(call, "DisplayName");
  if (!name) return tl::unexpected(name.error());
  auto file = FileArguments(call);
  if (!file) return tl::unexpected(file.error());
  const auto type = TypeArgument(call);
  if (!type) return tl::unexpected(type.error());
  auto owner = OwnerArgument(call);
  if (!owner) return tl::unexpected(owner.error());
  job.display_name = *std::move(name);
  job.file = *std::move(file);
  job.type = *type;
  job.owner = *std::move(owner);
  job.description = TextArgument(call, "Description").value_or("");
  const std::optional<bool> suspend = FlagArgument(call, "Suspend");
  job.start = suspend ? !*suspend : start_by_default;
  return job;
}

wsman::Result<engine::JobMethod> JobMethodArgument(const MethodCall& call) {
  constexpr std::array kMethods = {engine::JobMethod::kCancel, engine::JobMethod::kComplete,
                                   engine::JobMethod::kResume, engine::JobMethod::kSuspend};
  const std::optional<std::uint64_t> state = NumberArgument(call, "JobState");
  if (state && *state < kMethods.size()) return kMethods[*state];
  return BadArgument(HResult::kInvalidArgument,
                     "JobState must be 0 (cancel), 1 (complete), 2 (resume) or 3 (suspend).");
}

bool IsEnglish(std::uint64_t language_id) {
  constexpr std::uint64_t kPrimaryMask = 0x3FF;
  constexpr std::uint64_t kEnglish = 0x09;
  constexpr std::uint64_t kLargest = 0xFFFF;
  const std::uint64_t primary = language_id & kPrimaryMask;
  return language_id <= kLargest && (primary == 0 || primary == kEnglish);
}

}  // namespace provider
