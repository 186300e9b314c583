"""The targets of policy_loader and of the policy's tests."""

load("//tests/fuzzing:fuzz.bzl", "fuzz_target")

def policy_loader_targets():
    native.cc_library(
        name = "policy_loader",
        srcs = [
            "overrides_reader.cc",
            "policy_loader.cc",
            "policy_loader_bases.cc",
            "policy_loader_checks.cc",
            "policy_loader_directory.cc",
            "policy_loader_dns.cc",
            "policy_loader_dnsbl.cc",
            "policy_loader_faults.cc",
            "policy_loader_faults.h",
            "policy_loader_files.cc",
            "policy_loader_files.h",
            "policy_loader_listener.cc",
            "policy_loader_node.h",
            "policy_loader_parts.h",
            "policy_loader_realm.cc",
            "policy_loader_servers.cc",
            "policy_loader_reword.cc",
            "policy_loader_reword.h",
            "policy_loader_source.cc",
            "policy_loader_source.h",
            "policy_loader_strings.cc",
            "policy_loader_text.cc",
            "policy_loader_text.h",
            "policy_loader_values.cc",
            "policy_loader_values.h",
        ],
        hdrs = [
            "overrides_reader.h",
            "policy_loader.h",
        ],
        deps = [
            ":domain_list",
            ":filter_template",
            ":policy",
            "//lib/mail:address",
            "//lib/mail:address_file",
            "//lib/mail:cursor",
            "//lib/mail:domain",
            "//lib/mail:ip",
            "//lib/mail:listed_name",
            "//lib/mail:utf8",
            "//proto:policy",
            "@system//:absl",
            "@system//:protobuf",
        ],
    )
    native.cc_test(
        name = "policy_loader_test",
        size = "small",
        srcs = [
            "overrides_reader_test.cc",
            "policy_loader_directory_test.cc",
            "policy_loader_dns_test.cc",
            "policy_loader_meaning_test.cc",
            "policy_loader_test.cc",
            "policy_loader_testing.h",
            "policy_loader_text_test.cc",
            "policy_loader_warnings_test.cc",
        ],
        data = ["//docs:policy.sample.textproto"],
        deps = [
            ":policy_loader",
            "//lib/mail:address",
            "//proto:policy",
            "@system//:absl",
            "@system//:gtest",
            "@system//:protobuf",
        ],
    )
    native.cc_test(
        name = "filter_template_test",
        size = "small",
        srcs = ["filter_template_test.cc"],
        deps = [
            ":filter_template",
            "@system//:gtest",
        ],
    )
    native.cc_test(
        name = "policy_test",
        size = "small",
        srcs = ["policy_test.cc"],
        deps = [
            ":policy",
            "@system//:gtest",
        ],
    )
    fuzz_target(
        name = "policy_fuzz",
        srcs = ["policy_fuzz.cc"],
        corpus = native.glob(["corpus/policy/*"]),
        deps = [":policy_loader"],
    )
