// The folder that stands for the certificate stores of Windows:
// "<folder>/<store>/<SHA-1 in hex>.pem", each file a certificate with its key.
// Store names compare without case. Waits for the disk.
#pragma once

#include <filesystem>
#include <string>

#include "engine/access.h"
#include "engine/error.h"

namespace engine::transfer {

// The file of a certificate; it need not exist.
std::filesystem::path CertificateFile(const std::filesystem::path& folder,
                                      const ClientCertificate& certificate);

// The certificate with the hash or the common name (without case; of several the
// one that is valid for longest), with the store's name as the folder spells it.
// ERROR_FILE_NOT_FOUND without such a store, CRYPT_E_NOT_FOUND without such a
// certificate, or when its file holds another one or no key.
Result<ClientCertificate> FindCertificate(const std::filesystem::path& folder,
                                          const SetCertificateById& wanted);
Result<ClientCertificate> FindCertificate(const std::filesystem::path& folder,
                                          const SetCertificateByName& wanted);

}  // namespace engine::transfer
