// Downloads with libcurl on one thread (the net thread), files on the disk
// threads.
#pragma once

#include <memory>

#include "engine/options.h"
#include "engine/transfer/transfer.h"

namespace engine::transfer {

class DiskThreads;

// Starts the net thread. `events` is called on net and disk threads. `disk`
// must outlive the result.
std::unique_ptr<Transfers> StartCurlTransfers(const TransferOptions& options, DiskThreads& disk,
                                              EventSink events);

}  // namespace engine::transfer
