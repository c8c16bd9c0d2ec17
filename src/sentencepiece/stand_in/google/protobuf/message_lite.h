#pragma once

// Stands in for the protobuf runtime, which the library only shuts down when a check of its own
// fails: see stand_in/sentencepiece_model.pb.h.
namespace google::protobuf {

inline void ShutdownProtobufLibrary() {}

}  // namespace google::protobuf
