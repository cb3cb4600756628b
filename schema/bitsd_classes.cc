#include "schema/bitsd_classes.h"

#include <array>

#include "schema/bits_classes.h"

namespace schema {
namespace {

constexpr auto kJobTypes = std::to_array<NamedValue>({
    {0, "Download"},
    {1, "Upload"},
    {2, "Upload Reply"},
});

constexpr auto kProperties = std::to_array<Property>({
    {.name = "JobId",
     .type = Type::kString,
     .description = "GUID of the job, in braces and upper case.",
     .is_key = true},
    {.name = "NotifyFlags",
     .type = Type::kUint32,
     .description = "Which changes of the job are events: 1 transferred, 2 error, 4 none, 8 any "
                    "modification, 16 a file transferred, 32 ranges of a file transferred.",
     .access = Access::kReadWrite},
    {.name = "CustomHeaders",
     .type = Type::kString,
     .description = "Lines to add to the HTTP requests of the job, at most 16383 characters; "
                    "empty removes them. Only the creator of the job reads them, in Get.",
     .access = Access::kReadWrite,
     .is_hidden = true},
    {.name = "CustomHeadersWriteOnly",
     .type = Type::kBoolean,
     .description = "True: nobody reads the custom headers. Cannot be taken back.",
     .access = Access::kReadWrite},
    {.name = "HttpMethod",
     .type = Type::kString,
     .description = "Method of the HTTP requests for files; GET unless set before the first start.",
     .access = Access::kReadWrite},
    {.name = "SecurityFlags",
     .type = Type::kUint32,
     .description = "1 checks revocation; 2, 4, 8 and 16 ignore a wrong name, date, authority and "
                    "usage of a server's certificate; 256 reports and 512 refuses redirects, "
                    "2048 follows them from https to http.",
     .access = Access::kReadWrite},
    {.name = "MaximumDownloadTime",
     .type = Type::kUint32,
     .description = "Seconds that the job may spend connecting and transferring.",
     .access = Access::kReadWrite},
    {.name = "MaximumDownloadSize",
     .type = Type::kUint64,
     .description = "Bytes that the job may download; NULL without a limit.",
     .access = Access::kReadWrite},
    {.name = "DynamicContent",
     .type = Type::kBoolean,
     .description = "True for content of unknown size that cannot be resumed.",
     .access = Access::kReadWrite},
    {.name = "HighPerformance",
     .type = Type::kBoolean,
     .description = "True writes straight into the destination and keeps no progress.",
     .access = Access::kReadWrite},
    {.name = "CostFlags",
     .type = Type::kUint32,
     .description = "On which kinds of metered networks the job may transfer; kept only.",
     .access = Access::kReadWrite},
    {.name = "Type",
     .type = Type::kUint16,
     .description = "Direction of the transfer.",
     .values = kJobTypes},
    {.name = "ReplyFileName",
     .type = Type::kString,
     .description = "Path on this machine of the reply to an upload; NULL until the job has one.",
     .access = Access::kReadWrite},
    {.name = "ReplyBytesTotal",
     .type = Type::kUint64,
     .description = "Size of the reply; 0 for jobs without one, 18446744073709551615 until its "
                    "transfer has begun."},
    {.name = "ReplyBytesTransferred",
     .type = Type::kUint64,
     .description = "Bytes of the reply that are here."},
});

constexpr Parameter kRemoteUrl = {.name = "RemoteUrl",
                                  .type = Type::kString,
                                  .direction = Direction::kIn,
                                  .description = "URL of the file on the server."};

constexpr Parameter kFileIndex = {.name = "FileIndex",
                                  .type = Type::kUint32,
                                  .direction = Direction::kIn,
                                  .description = "Which file of the job, the first being 0."};

constexpr auto kAddFileWithRanges = std::to_array<Parameter>({
    kRemoteUrl,
    {.name = "LocalFile",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Path of the file on this machine."},
    {.name = "Ranges",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Parts of the remote file that make up the local one in this order, as "
                    "offset:length with commas between them; a length may be eof."},
});

constexpr auto kReplaceRemotePrefix = std::to_array<Parameter>({
    {.name = "OldPrefix",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "How the URLs begin that are to change; case matters."},
    {.name = "NewPrefix",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "What they begin with afterwards."},
});

constexpr std::array<Parameter, 2> kSetRemoteName = {kFileIndex, kRemoteUrl};

constexpr auto kSetValidationState = std::to_array<Parameter>({
    kFileIndex,
    {.name = "Valid",
     .type = Type::kBoolean,
     .direction = Direction::kIn,
     .description = "False: the content is wrong and must be downloaded again."},
});

constexpr auto kGetReplyData = std::to_array<Parameter>({
    {.name = "Offset",
     .type = Type::kUint32,
     .direction = Direction::kIn,
     .description = "Where the bytes begin in the reply."},
    {.name = "Data",
     .type = Type::kString,
     .direction = Direction::kOut,
     .description = "At most 131072 bytes in base64; empty behind the end of the reply."},
});

constexpr auto kMethods = std::to_array<Method>({
    {.name = "AddFileWithRanges",
     .description = "Adds parts of a remote file to the job as one file.",
     .parameters = kAddFileWithRanges},
    {.name = "ReplaceRemotePrefix",
     .description = "Changes the beginning of the URLs of files that are not finished.",
     .parameters = kReplaceRemotePrefix},
    {.name = "SetRemoteName",
     .description = "Changes the URL of a file that is not finished.",
     .parameters = kSetRemoteName},
    {.name = "SetValidationState",
     .description = "Says whether the content of a finished file is right.",
     .parameters = kSetValidationState},
    {.name = "GetReplyData",
     .description = "Reads the reply to an upload before the job is completed; at most 1 MiB.",
     .parameters = kGetReplyData},
});

constexpr Class kBitsdJobSettings = {
    .name = "BitsdJobSettings",
    .name_space = kBitsNamespace,
    .description = "Settings of a transfer job that BitsClientJob does not have.",
    .properties = kProperties,
    .methods = kMethods,
};

}  // namespace

const Class& BitsdJobSettings() { return kBitsdJobSettings; }

}  // namespace schema
