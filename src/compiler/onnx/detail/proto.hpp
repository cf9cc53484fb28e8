#pragma once

// The message classes of ONNX. They are a system header, so that their warnings stay out of ours.
#include <onnx/onnx_pb.h>
