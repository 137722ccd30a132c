#include "peer/commands/get_command.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "config/hex.hpp"
#include "config/text.hpp"
#include "peer/node/get.hpp"
#include "peer/report/diagnostics.hpp"

namespace p2p {
namespace {

void print_json(const Get::Result& result, bool has_quorum, std::ostream& out) {
  nlohmann::ordered_json holders = nlohmann::ordered_json::array();
  for (const Fetch::Contribution& each : result.holders)
    holders.push_back({{"peer", each.peer.value}, {"address", to_string(each.address)}, {"pieces", each.pieces}});
  nlohmann::ordered_json object{{"name", result.name},
                                {"content_id", config::to_hex(result.id)},
                                {"path", result.path.string()},
                                {"size", result.size},
                                {"received", result.received},
                                {"found", result.found},
                                {"holders", holders}};
  if (has_quorum) object["quorum"] = result.quorum;
  out << object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace

ExitCode get_shared(const GetOptions& options, std::ostream& out) {
  start_diagnostics("get", options.net.log_level);
  Get running(options);
  const ExitCode code = running.run();
  if (code != ExitCode::complete) return code;
  const Get::Result result = running.result();
  if (options.net.json)
    print_json(result, options.quorum.has_value(), out);
  else
    out << config::to_hex(result.id) << "  " << config::printable(result.path.string()) << '\n';
  return code;
}

}  // namespace p2p
