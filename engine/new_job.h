// What clients may put into a job: checks of texts, names and numbers before
// anything changes. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "engine/path_map.h"

namespace engine {

// Well-formed UTF-8 of at most the limit's UTF-16 units without characters that
// XML cannot carry. BG_E_STRING_TOO_LONG or E_INVALIDARG.
Status CheckDisplayName(std::string_view text, const LimitOptions& limits);
Status CheckDescription(std::string_view text, const LimitOptions& limits);

// The remote name is one the engine can fetch and the local one leads below a
// root; returns where.
Result<LocalTarget> CheckFile(const FileSpec& file, const Options& options);

// Texts, then the type, then the file.
Result<LocalTarget> CheckNewJob(const NewJob& job, const Options& options);

// What an upload of this reader begins with: no session, and a temporary name for its
// reply.
std::shared_ptr<const Upload> NewUpload(std::optional<SourceReader> reader);

// Where the reply goes of an upload whose owner has not said: a new file in the folder
// of the one that is sent.
std::string ReplyNameBeside(std::string_view local_name);

// The one file that an upload has is there already: BG_E_TOO_MANY_FILES, or E_NOTIMPL
// for ranges.
Status CheckFileCount(const Job& job, const FileSpec& file);

// All that a Change may be refused for.
Status CheckChanges(const JobChanges& changes, const LimitOptions& limits);
void ApplyChanges(const JobChanges& changes, Job& job);

// A file of a job before its first byte, with a temporary name of its own
// ("BIT1a2b3c4d.tmp").
File MakeFile(const FileSpec& spec);

}  // namespace engine
