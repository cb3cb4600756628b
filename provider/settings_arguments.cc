#include "provider/settings_arguments.h"

#include <string>
#include <string_view>
#include <utility>

#include "provider/argument_reader.h"
#include "provider/range_text.h"

namespace provider {

wsman::Result<engine::FileSpec> RangesArguments(const wsman::MethodCall& call) {
  ArgumentReader read(call);
  engine::FileSpec file{read.Text("RemoteUrl"), read.Text("LocalFile"), {}};
  const std::string text = read.Text("Ranges");
  wsman::Result<engine::FileSpec> finished = read.Finish(std::move(file));
  if (!finished) return finished;
  auto ranges = ParseRanges(text);
  if (!ranges)
    return wsman::Fail(wsman::FaultCode::kInvalidParameter,
                       "Ranges must be offset:length with commas between several, as "
                       "0:100,2000:eof.",
                       static_cast<std::uint32_t>(engine::HResult::kInvalidArgument));
  finished->ranges = *std::move(ranges);
  return finished;
}

wsman::Result<engine::FileChange> FileChangeArguments(const wsman::MethodCall& call) {
  const std::string_view name = call.method->name;
  ArgumentReader read(call);
  if (name == "ReplaceRemotePrefix")
    return read.Finish<engine::FileChange>(
        engine::ReplaceRemotePrefix{read.Text("OldPrefix"), read.Text("NewPrefix")});
  if (name == "SetRemoteName")
    return read.Finish<engine::FileChange>(
        engine::SetRemoteName{read.Number("FileIndex"), read.Text("RemoteUrl")});
  return read.Finish<engine::FileChange>(
      engine::SetValidationState{read.Number("FileIndex"), read.Flag("Valid")});
}

}  // namespace provider
