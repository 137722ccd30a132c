// Cluster files: what is accepted, what is refused, where and with which words.
#include "config/cluster_file.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/findings.hpp"

namespace p2p::config {
namespace {

std::vector<ClusterEntry> parse(std::string_view text) { return parse_cluster_file(text, "cluster1"); }

std::string wrong(std::string_view text) {
  return findings_of([&] { parse(text); });
}

/// "cluster2 localhost 5002 @1, ...": the entries as they were understood.
std::string understood(std::string_view text) {
  std::string picture;
  for (const ClusterEntry& entry : parse(text))
    picture += (picture.empty() ? "" : ", ") + entry.name + " " + entry.host + " " + std::to_string(entry.port) + " @" +
               std::to_string(entry.line);
  return picture;
}

const std::string kForm = "an entry such as cluster2p[5002] or cluster2@hostp[5002]";

TEST_CASE("a cluster file lists names and ports, on this machine unless a host is written", "[config]") {
  CHECK(understood("cluster2p[5002],cluster3p[5003]") == "cluster2 localhost 5002 @1, cluster3 localhost 5003 @1");
  CHECK(understood("cluster2@node-7.example.orgp[5002]") == "cluster2 node-7.example.org 5002 @1");
  CHECK(understood("c@10.0.0.7p[1],d@[::1]p[2],e@fe80::1%eth0p[65535]") ==
        "c 10.0.0.7 1 @1, d ::1 2 @1, e fe80::1%eth0 65535 @1");
}

TEST_CASE("the letter p before the bracket is no part of names and hosts that end with p themselves", "[config]") {
  CHECK(understood("app@workshopp[5002]") == "app workshop 5002 @1");
  CHECK(understood("appp[1],pp[2]") == "app localhost 1 @1, p localhost 2 @1");
  CHECK(understood("p@pp[3]") == "p p 3 @1");
}

TEST_CASE("blanks and ends of lines around entries and a last comma are fine", "[config]") {
  const std::string same = "a localhost 1 @1, b localhost 2 @";
  CHECK(understood(" ap[1] ,\tbp[2]\n") == same + "1");
  CHECK(understood("ap[1],\r\nbp[2],\r\n") == same + "2");
  CHECK(understood("ap[1]\n\n,bp[2] , ") == same + "3");
  CHECK(understood("\xef\xbb\xbf"
                   "ap[1],bp[2],") == same + "1");
}

TEST_CASE("a cluster's name may be any folder's name that says where it ends", "[config]") {
  CHECK(understood("gr\xc3\xbc\xc3\x9f"
                   "ep[1]") ==
        "gr\xc3\xbc\xc3\x9f"
        "e localhost 1 @1");
  CHECK(understood(std::string(255, 'n') + "p[1]").starts_with("nnn"));
  const std::string expected = ", expected the name of a cluster's folder";
  CHECK(wrong("p[5002]") == "cluster1:1:1: name \"\" is empty" + expected);
  CHECK(wrong("@hostp[5002]") == "cluster1:1:1: name \"\" is empty" + expected);
  CHECK(wrong("..p[5002]") == "cluster1:1:1: name \"..\" has the part .." + expected);
  CHECK(wrong("a/bp[5002]") == "cluster1:1:1: name \"a/b\" has the character /" + expected);
  CHECK(wrong("a[1]p[5002]") == "cluster1:1:1: name \"a[1]\" has the character [" + expected);
  CHECK(wrong("a\x1b[2Jp[5002]") == "cluster1:1:1: name \"a\\x1b[2J\" has the character [" + expected);
  CHECK(wrong("a\x1bp[5002]") == "cluster1:1:1: name \"a\\x1b\" has a control character" + expected);
  CHECK(wrong("a\xffp[5002]") == "cluster1:1:1: name \"a\\xff\" is not UTF-8" + expected);
  CHECK(wrong(std::string(256, 'n') + "p[1]").ends_with(" has a part of more than 255 bytes" + expected));
}

TEST_CASE("a port in a cluster file is an integer from 1 to 65535", "[config]") {
  for (const std::string port : {"0", "65536", "", "-1", "+1", "5002x", "0x10", "99999999999999999999"}) {
    INFO(port);
    CHECK(wrong("ap[" + port + "]") == "cluster1:1:4: port is \"" + port + "\", expected an integer from 1 to 65535");
  }
}

TEST_CASE("an entry of another form is shown where it goes wrong", "[config]") {
  CHECK(wrong("cluster2") == "cluster1:1:9: \"cluster2\" has no port in brackets at its end, expected " + kForm);
  CHECK(wrong("cluster2p5002") ==
        "cluster1:1:14: \"cluster2p5002\" has no port in brackets at its end, expected " + kForm);
  CHECK(wrong("cluster2p[5002") ==
        "cluster1:1:15: \"cluster2p[5002\" has no port in brackets at its end, expected " + kForm);
  CHECK(wrong("cluster2p5002]") ==
        "cluster1:1:15: \"cluster2p5002]\" has no port in brackets at its end, expected " + kForm);
  CHECK(wrong("cluster2[5002]") ==
        "cluster1:1:9: no letter p before the bracket in \"cluster2[5002]\", expected " + kForm);
  CHECK(wrong("cluster2P[5002]") ==
        "cluster1:1:10: no letter p before the bracket in \"cluster2P[5002]\", expected " + kForm);
  CHECK(wrong("ap[1]bp[2]") ==
        "cluster1:1:1: name \"ap[1]b\" has the character [, expected the name of a cluster's folder");
  CHECK(wrong("ap[1]@host") == "cluster1:1:6: \"@host\" behind the bracket, expected a comma");
}

TEST_CASE("a host on the wrong side of the letter p is told from other slips", "[config]") {
  CHECK(wrong("cluster3p@host7[5003]") ==
        "cluster1:1:16: no letter p before the bracket in \"cluster3p@host7[5003]\", expected it behind the host: "
        "cluster2@hostp[5002]");
}

TEST_CASE("a host in a cluster file is a name or an address", "[config]") {
  const std::string expected = ", expected a name, an IPv4 or an IPv6 address";
  CHECK(wrong("a@p[1]") == "cluster1:1:3: host is \"\"" + expected);
  CHECK(wrong("a@b@cp[1]") == "cluster1:1:3: host is \"b@c\"" + expected);
  CHECK(wrong("a@h!p[1]") == "cluster1:1:3: host is \"h!\"" + expected);
}

TEST_CASE("entries are separated by commas", "[config]") {
  CHECK(wrong("ap[1] bp[2]") == "cluster1:1:6: blank inside \"ap[1] bp[2]\", expected a comma between entries");
  CHECK(wrong("ap[1]\nbp[2]") == "cluster1:1:6: blank inside \"ap[1]\\x0abp[2]\", expected a comma between entries");
  CHECK(wrong("a p[1]") == "cluster1:1:2: blank inside \"a p[1]\", expected a comma between entries");
  CHECK(wrong(",ap[1]") == "cluster1:1:1: nothing before the comma, expected " + kForm);
  CHECK(wrong("ap[1],\n ,bp[2]") == "cluster1:2:2: nothing before the comma, expected " + kForm);
  CHECK(wrong("ap[1],,") == "cluster1:1:7: nothing before the comma, expected " + kForm);
}

TEST_CASE("a cluster that stands twice, or where another one is, is shown with its first place", "[config]") {
  CHECK(wrong("ap[1],\n bp[2],\n  ap[3]") == "cluster1:3:3: \"a\" stands here again, first at 1:1");
  CHECK(wrong("ap[1],\n b@localhostp[1]") == "cluster1:2:15: port 1 of localhost is taken already by \"a\"");
  CHECK(wrong("ap[1],b@hp[1],a2p[2]") == "");
}

TEST_CASE("a cluster file without entries is refused", "[config]") {
  CHECK(wrong("") == "cluster1: no entries, expected " + kForm);
  CHECK(wrong(" \n\n") == "cluster1: no entries, expected " + kForm);
  CHECK(wrong("\xef\xbb\xbf") == "cluster1: no entries, expected " + kForm);
}

TEST_CASE("everything that is wrong with a cluster file is told at once", "[config]") {
  CHECK(wrong("a@!p[0],\nbp[7],c,\nbp[7]") ==
        "cluster1:1:6: port is \"0\", expected an integer from 1 to 65535\n"
        "cluster1:1:3: host is \"!\", expected a name, an IPv4 or an IPv6 address\n"
        "cluster1:2:8: \"c\" has no port in brackets at its end, expected " +
            kForm +
            "\n"
            "cluster1:3:1: \"b\" stands here again, first at 2:1\n"
            "cluster1:3:4: port 7 of localhost is taken already by \"b\"");
}

}  // namespace
}  // namespace p2p::config
