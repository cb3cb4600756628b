// Downloads with settings of their job.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/job_settings.h"
#include "tests/engine/transfer/served_file.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {

class SettingsDownloadTest : public TransferTest {
 protected:
  Download With(const JobSettings& settings, const std::string& url, FileState resume = {}) {
    Download download = Of(url, "file", std::move(resume));
    download.settings = std::make_shared<const JobSettings>(settings);
    return download;
  }

  Download WithFlags(std::uint32_t flags, const std::string& url) {
    JobSettings settings;
    settings.security_flags = flags;
    return With(settings, url);
  }

  Download WithHeaders(const std::string& lines, const std::string& url) {
    Download download = Of(url);
    Reach reach;
    reach.custom_headers = SecretText(lines);
    download.reach = std::make_shared<const Reach>(std::move(reach));
    return download;
  }

  std::vector<std::string> ReportedBy(const Download& download) {
    std::vector<std::string> urls;
    for (const Event& event : events().Of(download.id)) {
      if (const auto* redirected = std::get_if<Redirected>(&event)) urls.push_back(redirected->url);
    }
    return urls;
  }
};

}  // namespace engine::transfer
