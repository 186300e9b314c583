"""Protobuf without com_google_protobuf: the system's protoc, run by a genrule."""

def cc_proto(name, src):
    """The C++ of one .proto file as a library, included as "PACKAGE/NAME.pb.h".

    Generated code is not held to our warnings.
    """
    stem = src[:-len(".proto")]
    native.genrule(
        name = name + "_gen",
        srcs = [src],
        outs = [
            stem + ".pb.cc",
            stem + ".pb.h",
        ],
        cmd = "/usr/bin/protoc --proto_path=. --cpp_out=$(GENDIR) $<",
    )
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc"],
        hdrs = [stem + ".pb.h"],
        copts = ["-w"],
        deps = ["@system//:protobuf"],
    )
