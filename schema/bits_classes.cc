#include "schema/bits_classes.h"

#include <array>

namespace schema {
namespace {

constexpr auto kStates = std::to_array<NamedValue>({
    {0, "Queued"},
    {1, "Connecting"},
    {2, "Transferring"},
    {3, "Suspended"},
    {4, "Error"},
    {5, "Transient Error"},
    {6, "Transferred"},
    {7, "Acknowledged"},
    {8, "Cancelled"},
});

constexpr auto kPriorities = std::to_array<NamedValue>({
    {0, "Foreground"},
    {1, "High"},
    {2, "Normal"},
    {3, "Low"},
});

constexpr auto kServiceAccounts = std::to_array<NamedValue>({
    {0, "LocalSystem"},
    {1, "LocalService"},
    {2, "NetworkService"},
});

constexpr auto kJobTypes = std::to_array<NamedValue>({
    {0, "Download"},
    {1, "Upload"},
    {2, "Upload Reply"},
});

constexpr auto kStateChanges = std::to_array<NamedValue>({
    {0, "Cancel"},
    {1, "Complete"},
    {2, "Resume"},
    {3, "Suspend"},
});

constexpr auto kErrorContexts = std::to_array<NamedValue>({
    {0, "None"},
    {1, "Unknown"},
    {2, "General Queue Manager"},
    {3, "Queue Manager Notification"},
    {4, "Local File"},
    {5, "Remote File"},
    {6, "General Transport"},
    {7, "Remote Application"},
});

constexpr auto kCredentialTargets = std::to_array<NamedValue>({
    {0, "Server"},
    {1, "Proxy"},
});

constexpr auto kCredentialSchemes = std::to_array<NamedValue>({
    {0, "Basic"},
    {1, "Digest"},
    {2, "NTLM"},
    {3, "Negotiate"},
    {4, "Passport"},
});

constexpr auto kStoreLocations = std::to_array<NamedValue>({
    {0, "Current User"},
    {1, "Local Machine"},
    {2, "Current Service"},
    {3, "Services"},
    {4, "Users"},
    {5, "Current User Group Policy"},
    {6, "Local Machine Group Policy"},
    {7, "Local Machine Enterprise"},
});

constexpr auto kProxyUsages = std::to_array<NamedValue>({
    {0, "Preconfigured"},
    {1, "No Proxy"},
    {2, "Override"},
    {3, "Autodetect"},
});

constexpr auto kFileProperties = std::to_array<Property>({
    {.name = "RemoteUrl", .type = Type::kString, .description = "URL of the file on the server."},
    {.name = "LocalFile",
     .type = Type::kString,
     .description = "Path of the file on this machine."},
    {.name = "BytesTotal",
     .type = Type::kUint64,
     .description = "Size of the file in bytes; 18446744073709551615 while it is not known."},
    {.name = "BytesTransferred",
     .type = Type::kUint64,
     .description = "Bytes of the file transferred so far."},
    {.name = "Completed",
     .type = Type::kBoolean,
     .description = "True once the file has transferred successfully."},
});

constexpr Class kBitsClientFile = {
    .name = "BitsClientFile",
    .name_space = kBitsNamespace,
    .description = "A file of a transfer job.",
    .properties = kFileProperties,
    .methods = {},
};

// In the order of the provider's documentation.
constexpr auto kJobProperties = std::to_array<Property>({
    {.name = "JobId",
     .type = Type::kString,
     .description = "GUID of the job, in braces and upper case.",
     .is_key = true},
    {.name = "DisplayName",
     .type = Type::kString,
     .description = "Name of the job, at most 256 characters.",
     .access = Access::kReadWrite},
    {.name = "Description",
     .type = Type::kString,
     .description = "Description of the job, at most 1024 characters.",
     .access = Access::kReadWrite},
    {.name = "Priority",
     .type = Type::kUint32,
     .description = "Which jobs transfer before others.",
     .access = Access::kReadWrite,
     .values = kPriorities},
    {.name = "MinimumRetryDelay",
     .type = Type::kUint32,
     .description = "Seconds to wait after a transient error before the next attempt.",
     .access = Access::kReadWrite},
    {.name = "NoProgressTimeout",
     .type = Type::kUint32,
     .description = "Seconds without progress after which a transient error becomes final.",
     .access = Access::kReadWrite},
    {.name = "Files",
     .type = Type::kInstance,
     .description = "Files of the job.",
     .is_array = true,
     .embedded = &kBitsClientFile},
    {.name = "JobCreationTime",
     .type = Type::kUint64,
     .description = "When the job was made, as FILETIME (100 ns since 1601-01-01 UTC)."},
    {.name = "JobLastModificationTime",
     .type = Type::kUint64,
     .description = "When the job was last changed or transferred bytes, as FILETIME."},
    {.name = "JobCompletionTime",
     .type = Type::kUint64,
     .description = "When all files had transferred, as FILETIME; 0 before."},
    {.name = "BytesTotal",
     .type = Type::kUint64,
     .description = "Size of all files in bytes; 18446744073709551615 while it is not known."},
    {.name = "BytesTransferred",
     .type = Type::kUint64,
     .description = "Bytes of all files transferred so far."},
    {.name = "FilesTotal", .type = Type::kUint32, .description = "Number of files in the job."},
    {.name = "FilesTransferred",
     .type = Type::kUint32,
     .description = "Number of files transferred so far."},
    {.name = "TransientErrorCount",
     .type = Type::kUint32,
     .description = "Number of transient errors of the job."},
    {.name = "State",
     .type = Type::kUint16,
     .description = "Where the job is in its life.",
     .values = kStates},
    {.name = "Owner", .type = Type::kString, .description = "SID of the account of the job."},
});

constexpr auto kCreateJob = std::to_array<Parameter>({
    {.name = "DisplayName",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Name of the job, at most 256 characters."},
    {.name = "RemoteUrl",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "URL of the first file on the server."},
    {.name = "LocalFile",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Path of the first file on this machine."},
    {.name = "ServiceAccount",
     .type = Type::kUint16,
     .direction = Direction::kIn,
     .description = "Account of the job; NetworkService when absent.",
     .presence = Presence::kOptional,
     .values = kServiceAccounts},
    {.name = "Type",
     .type = Type::kUint16,
     .direction = Direction::kIn,
     .description = "Direction of the transfer; Download when absent.",
     .presence = Presence::kOptional,
     .values = kJobTypes},
    {.name = "Suspend",
     .type = Type::kBoolean,
     .direction = Direction::kIn,
     .description = "True leaves the job suspended, false starts it at once.",
     .presence = Presence::kOptional},
    {.name = "Description",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Description of the job, at most 1024 characters.",
     .presence = Presence::kOptional},
    {.name = "JobId",
     .type = Type::kString,
     .direction = Direction::kOut,
     .description = "GUID of the job that was made."},
});

constexpr auto kAddFile = std::to_array<Parameter>({
    {.name = "remoteUrl",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "URL of the file on the server."},
    {.name = "localFile",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Path of the file on this machine."},
});

constexpr auto kSetJobState = std::to_array<Parameter>({
    {.name = "JobState",
     .type = Type::kUint16,
     .direction = Direction::kIn,
     .description = "What to do with the job.",
     .values = kStateChanges},
});

constexpr auto kGetError = std::to_array<Parameter>({
    {.name = "LanguageId",
     .type = Type::kUint32,
     .direction = Direction::kIn,
     .description = "Language of the descriptions as LANGID."},
    {.name = "ErrorContext",
     .type = Type::kUint32,
     .direction = Direction::kOut,
     .description = "Where the error happened.",
     .values = kErrorContexts},
    {.name = "ErrorCode",
     .type = Type::kUint32,
     .direction = Direction::kOut,
     .description = "The error as HRESULT."},
    {.name = "ContextDescription",
     .type = Type::kString,
     .direction = Direction::kOut,
     .description = "Text of the context."},
    {.name = "ErrorDescription",
     .type = Type::kString,
     .direction = Direction::kOut,
     .description = "Text of the error."},
});

constexpr Parameter kTarget = {.name = "Target",
                               .type = Type::kUint16,
                               .direction = Direction::kIn,
                               .description = "Who asks for the credentials.",
                               .values = kCredentialTargets};

constexpr Parameter kScheme = {.name = "Scheme",
                               .type = Type::kUint16,
                               .direction = Direction::kIn,
                               .description = "Authentication scheme.",
                               .values = kCredentialSchemes};

constexpr auto kSetCredentials = std::to_array<Parameter>({
    kTarget,
    kScheme,
    {.name = "UserName",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "User name."},
    {.name = "Password",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Password; kept encrypted and never returned."},
});

constexpr std::array<Parameter, 2> kRemoveCredentials = {kTarget, kScheme};

constexpr Parameter kCertStoreLocation = {.name = "CertStoreLocation",
                                          .type = Type::kUint16,
                                          .direction = Direction::kIn,
                                          .description = "Where the certificate store is.",
                                          .values = kStoreLocations};

constexpr Parameter kStoreName = {.name = "StoreName",
                                  .type = Type::kString,
                                  .direction = Direction::kIn,
                                  .description = "Name of the certificate store."};

constexpr auto kSetClientCertificateById = std::to_array<Parameter>({
    kCertStoreLocation,
    kStoreName,
    {.name = "CertHash",
     .type = Type::kUint8,
     .direction = Direction::kIn,
     .description = "SHA-1 hash of the certificate, 20 bytes.",
     .is_array = true},
});

constexpr auto kSetClientCertificateByName = std::to_array<Parameter>({
    kCertStoreLocation,
    kStoreName,
    {.name = "SubjectName",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Simple subject name of the certificate."},
});

constexpr auto kSetProxySettings = std::to_array<Parameter>({
    {.name = "ProxyUsage",
     .type = Type::kUint16,
     .direction = Direction::kIn,
     .description = "Which proxies the job uses.",
     .values = kProxyUsages},
    {.name = "ProxyList",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Proxies to use; for Override only.",
     .presence = Presence::kOptional},
    {.name = "ProxyBypassList",
     .type = Type::kString,
     .direction = Direction::kIn,
     .description = "Hosts to reach without proxy; for Override only.",
     .presence = Presence::kOptional},
});

constexpr auto kJobMethods = std::to_array<Method>({
    {.name = "CreateJob",
     .description = "Makes a job with one file.",
     .parameters = kCreateJob,
     .is_static = true},
    {.name = "AddFile", .description = "Adds a file to the job.", .parameters = kAddFile},
    {.name = "SetJobState",
     .description = "Cancels, completes, resumes or suspends the job.",
     .parameters = kSetJobState},
    {.name = "GetError",
     .description = "Tells the last error of a job in an error state.",
     .parameters = kGetError},
    {.name = "SetCredentials",
     .description = "Stores credentials for a server or proxy.",
     .parameters = kSetCredentials},
    {.name = "RemoveCredentials",
     .description = "Forgets credentials for a server or proxy.",
     .parameters = kRemoveCredentials},
    {.name = "SetClientCertificateById",
     .description = "Chooses the client certificate by its hash.",
     .parameters = kSetClientCertificateById},
    {.name = "SetClientCertificateByName",
     .description = "Chooses the client certificate by its subject.",
     .parameters = kSetClientCertificateByName},
    {.name = "RemoveClientCertificate",
     .description = "Forgets the client certificate.",
     .parameters = {}},
    {.name = "SetProxySettings",
     .description = "Chooses the proxies of the job.",
     .parameters = kSetProxySettings},
});

constexpr Class kBitsClientJob = {
    .name = "BitsClientJob",
    .name_space = kBitsNamespace,
    .description = "A job that transfers files in the background.",
    .properties = kJobProperties,
    .methods = kJobMethods,
};

}  // namespace

const Class& BitsClientJob() { return kBitsClientJob; }

const Class& BitsClientFile() { return kBitsClientFile; }

}  // namespace schema
