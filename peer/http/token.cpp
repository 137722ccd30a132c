#include "peer/http/token.hpp"

#include <algorithm>
#include <string>

#include "config/text.hpp"
#include "peer/ground/exit_code.hpp"
#include "peer/http/guard.hpp"

namespace p2p {

SecretText read_token(const std::filesystem::path& file, std::string_view option) {
  SecretText text =
      read_secret_file(file, {.what = "token file",
                              .if_absent = "make one with: (umask 077; head -c 24 /dev/urandom | base64 > FILE)",
                              .if_there = ""});
  text.cut(std::min(text.view().find('\n'), text.view().size()));
  if (const std::string fault = token_fault(text.view()); !fault.empty())
    throw ExitError(ExitCode::usage, std::string(option) + ": the token in the first line of " +
                                         config::in_quotes(file.string()) + ' ' + fault);
  return text;
}

}  // namespace p2p
