#include <fmt/format.h>

#include <string_view>

#include "compiler/onnx/model_maker.hpp"
#include "fuzz/damage.hpp"
#include "images/testing/encode.hpp"
#include "tests/malformed/vectors.hpp"

/// Networks, images and tensors: what people bring.
namespace obscura::fuzz {
namespace {

using compiler::onnx_import::ModelMaker;
using Ints = std::vector<std::int64_t>;

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

Vector network(const std::string& name, const std::function<void(ModelMaker&)>& build, const std::string& words) {
  return {name, "onnx",
          [=](Workshop&) {
            ModelMaker make(13);
            build(make);
            return bytes_of(make.model.SerializeAsString());
          },
          words};
}

void dense(ModelMaker& make) {
  make.input("x", {-1, 4});
  make.weights("w", {4, 2});
  make.node("MatMul", {"x", "w"}, "y");
  make.output("y", {-1, 2});
}

Vectors networks() {
  return {{"a network of no bytes", "onnx", [](Workshop&) { return Bytes{}; }, "IR version 0"},
          {"a network that is a picture", "onnx", [](Workshop& w) { return good(w, "image", "grey_png"); },
           "not an ONNX model"},
          {"a network cut in half", "onnx",
           [](Workshop& w) {
             Bytes bytes = good(w, "onnx", "small");
             bytes.resize(bytes.size() / 2);
             return bytes;
           },
           "not an ONNX model, or it is cut off"},
          network(
              "a network of operator set 6",
              [](ModelMaker& m) {
                dense(m);
                m.model.mutable_opset_import(0)->set_version(6);
              },
              "uses operator set 6"),
          network(
              "a network of IR version 11",
              [](ModelMaker& m) {
                dense(m);
                m.model.set_ir_version(11);
              },
              "IR version 11"),
          network(
              "a network of two operator sets",
              [](ModelMaker& m) {
                dense(m);
                m.model.add_opset_import()->set_version(13);
              },
              "names two operator sets"),
          network(
              "a network of no operator set",
              [](ModelMaker& m) {
                dense(m);
                m.model.clear_opset_import();
              },
              "names no operator set")};
}

Vectors networks_of_values() {
  return {network(
              "a network without input",
              [](ModelMaker& m) {
                m.weights("w", {1, 2});
                m.output("w", {1, 2});
              },
              "no input"),
          network(
              "a network of two inputs",
              [](ModelMaker& m) {
                dense(m);
                m.input("z", {-1, 4});
              },
              "has the inputs 'x' and 'z'"),
          network(
              "a network without output",
              [](ModelMaker& m) {
                dense(m);
                m.graph().clear_output();
              },
              "no output"),
          network(
              "a network with an output from nowhere",
              [](ModelMaker& m) {
                dense(m);
                m.output("z", {-1, 2});
              },
              "'z'"),
          network(
              "a network with weights from nowhere",
              [](ModelMaker& m) {
                m.input("x", {-1, 4});
                m.node("MatMul", {"x", "w"}, "y");
                m.output("y", {-1, 2});
              },
              "'w'"),
          network(
              "a network with two weights of one name",
              [](ModelMaker& m) {
                dense(m);
                m.weights("w", {4, 2});
              },
              "two initialisers are named 'w'"),
          network(
              "a network with a value that is made twice",
              [](ModelMaker& m) {
                dense(m);
                m.node("MatMul", {"x", "w"}, "y");
              },
              "'y' is defined twice")};
}

Vectors networks_of_sizes() {
  return {network(
              "a network with weights of another shape than their numbers",
              [](ModelMaker& m) {
                dense(m);
                m.graph().mutable_initializer(0)->set_dims(0, 1'000'000);
              },
              "w"),
          network(
              "a network with a weight of a negative size",
              [](ModelMaker& m) {
                dense(m);
                m.graph().mutable_initializer(0)->set_dims(0, -4);
              },
              "w"),
          network(
              "a network with a fixed batch of two",
              [](ModelMaker& m) {
                m.input("x", {2, 4});
                m.output("x", {2, 4});
              },
              "fixed batch size 2"),
          network(
              "a network with an operator that there is not",
              [](ModelMaker& m) {
                m.input("x", {-1, 4});
                m.node("Sing", {"x"}, "y");
                m.output("y", {-1, 4});
              },
              "this operator is not supported"),
          network(
              "a network with control flow",
              [](ModelMaker& m) {
                m.input("x", {-1, 4});
                m.node("Loop", {"x"}, "y");
                m.output("y", {-1, 4});
              },
              "control flow")};
}

Vectors networks_of_windows() {
  return {network(
              "a network with groups that do not divide its channels",
              [](ModelMaker& m) {
                m.input("x", {-1, 3, 4, 4});
                m.weights("w", {2, 1, 3, 3});
                ModelMaker::attribute(m.node("Conv", {"x", "w"}, "y"), "group", std::int64_t{2});
                m.output("y", {-1, 2, 2, 2});
              },
              "n_y"),
          network(
              "a network with a stride of zero",
              [](ModelMaker& m) {
                m.input("x", {-1, 1, 4, 4});
                m.weights("w", {1, 1, 3, 3});
                ModelMaker::attribute(m.node("Conv", {"x", "w"}, "y"), "strides", Ints{0, 1});
                m.output("y", {-1, 1, 2, 2});
              },
              "n_y"),
          network(
              "a network with padding of 2^62",
              [](ModelMaker& m) {
                m.input("x", {-1, 1, 4, 4});
                m.weights("w", {1, 1, 3, 3});
                ModelMaker::attribute(m.node("Conv", {"x", "w"}, "y"), "pads", Ints{std::int64_t{1} << 62, 0, 0, 0});
                m.output("y", {-1, 1, 2, 2});
              },
              "n_y"),
          network(
              "a network with an input of 2^62 numbers",
              [](ModelMaker& m) {
                m.input("x", {-1, std::int64_t{1} << 31, std::int64_t{1} << 31});
                m.node("Relu", {"x"}, "y");
                m.output("y", {-1, 1});
              },
              ""),
          network(
              "a network that is reshaped to another size",
              [](ModelMaker& m) {
                m.input("x", {-1, 4});
                m.ints("t", {0, 5});
                m.node("Reshape", {"x", "t"}, "y");
                m.output("y", {-1, 5});
              },
              "n_y")};
}

Vector picture(const std::string& name, const std::string& text, const std::string& words) {
  return {name, "image", [=](Workshop&) { return bytes_of(text); }, words};
}

/// A drawn PNG with a number of its header, big-endian, changed and its checksum made good.
Bytes png_of(Workshop& workshop, std::size_t at, std::uint32_t value) {
  Bytes bytes = good(workshop, "image", "grey_png");
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  make_digests_good(bytes, workshop);
  return bytes;
}

Vectors pictures() {
  constexpr std::size_t kWidthAt = 16;
  constexpr std::size_t kHeightAt = 20;
  return {
      picture("a picture of no known format", "GIF89a", "is neither PNG nor JPEG nor PGM/PPM"),
      picture("a picture of no bytes", "", "is neither PNG nor JPEG nor PGM/PPM"),
      picture("a PGM file of no pixel", "P5 0 3 255\n", "0 x 3 pixels"),
      picture("a PGM file of 2^62 pixels", "P5 2147483648 2147483648 255\nabc", "the file ends too early"),
      picture("a PGM file of a width beyond all", "P5 99999999999999999999 1 255\na", "missing or out of range"),
      picture("a PGM file of a negative width", "P5 -4 3 255\nabcdefghijkl", "missing or out of range"),
      picture("a PGM file with a maximum of zero", "P5 1 1 0\na", "missing or out of range"),
      picture("a PGM file with a maximum of 65536", "P5 1 1 65536\naa", "missing or out of range"),
      picture("a PGM file of a pixel too many", "P5 1 1 255\naa", "2 bytes of pixels where 1 are needed"),
      picture("a PGM file of a sample above its maximum", "P5 1 1 7\na", "larger than the stated maximum"),
      picture("a PPM file in text of a sample too few", "P3 1 1 255\n1 2\n", "a sample is missing"),
      picture("a PPM file in text with a word", "P3 1 1 255\n1 two 3\n", "a sample is missing"),
      picture("a PPM file in text with a sample too many", "P3 1 1 255\n1 2 3 4\n", "something follows the last pixel"),
      {"a PNG file of 2^31 - 1 columns", "image", [](Workshop& w) { return png_of(w, kWidthAt, 0x7fff'ffff); },
       "at most 65536 are read"},
      {"a PNG file of 2^31 - 1 rows", "image", [](Workshop& w) { return png_of(w, kHeightAt, 0x7fff'ffff); },
       "at most 65536 are read"},
      {"a PNG file of no column", "image", [](Workshop& w) { return png_of(w, kWidthAt, 0); }, "damaged PNG"},
      {"a PNG file with a checksum that does not fit", "image",
       [](Workshop& w) {
         Bytes bytes = good(w, "image", "grey_png");
         bytes[kWidthAt + 3] ^= 1;
         return bytes;
       },
       "damaged PNG"},
      {"a PNG file that ends too early", "image",
       [](Workshop& w) {
         Bytes bytes = good(w, "image", "grey_png");
         bytes.resize(bytes.size() - 20);
         return bytes;
       },
       "damaged PNG"},
      {"a JPEG file that ends too early", "image",
       [](Workshop& w) {
         Bytes bytes = good(w, "image", "grey_jpeg");
         bytes.resize(bytes.size() - 12);
         return bytes;
       },
       "damaged JPEG"},
      {"a JPEG file of four colours", "image",
       [](Workshop&) { return images::testing::encode_jpeg(2, 2, 4, Bytes(16, 9)); }, "4 colour components"},
      {"a JPEG file of 127 scans", "image",
       [](Workshop&) { return images::testing::encode_jpeg(8, 8, 1, Bytes(64, 9), images::testing::jpeg_scans(127)); },
       "more than 100 scans"}};
}

Vector tensor(const std::string& name, const std::string& file, std::size_t at, std::uint8_t value,
              const std::string& words) {
  return {name, "tensor", [=](Workshop& w) { return with_number(good(w, "tensor", file), at, value, 1); }, words};
}

Vectors tensors() {
  return {tensor("an npy file of version 4", "floats_npy", 6, 4, "its version is 4"),
          tensor("an npy file with a header beyond its end", "floats_npy", 9, 0xff, "ends within its header"),
          tensor("an npy file of a type that is not read", "floats_npy", 21, 'i', "numbers of type"),
          tensor("an npy file of another shape than its length", "floats_npy", 63, '4', "its shape does not match"),
          {"an npy file of a number that is none", "tensor",
           [](Workshop& w) {
             Bytes bytes = good(w, "tensor", "floats_npy");
             return with_number(bytes, bytes.size() - 4, 0x7fc0'0000, 4);
           },
           "is not finite"},
          tensor("an idx file of floats", "images_idx", 2, 0x0d, "type 13"),
          tensor("an idx file of two dimensions", "images_idx", 3, 2, "2 dimensions"),
          tensor("an idx file of 2^24 images", "images_idx", 4, 1, "values where its dimensions say"),
          tensor("an idx file of 2^31 images", "images_idx", 4, 0x80, "its dimensions make no sense"),
          tensor("an idx file of no image", "images_idx", 7, 0, "its dimensions make no sense"),
          {"an idx file of a value too few", "tensor",
           [](Workshop& w) {
             Bytes bytes = good(w, "tensor", "images_idx");
             bytes.pop_back();
             return bytes;
           },
           "11 values where its dimensions say 12"},
          {"a gzip file cut short", "tensor",
           [](Workshop& w) {
             Bytes bytes = good(w, "tensor", "images_idx_gz");
             bytes.resize(bytes.size() - 3);
             return bytes;
           },
           "its gzip stream is broken or cut short"},
          {"a CSV file of words", "tensor", [](Workshop&) { return bytes_of("a,b\n"); }, "is not a finite number"},
          {"a CSV file of a number too large", "tensor", [](Workshop&) { return bytes_of("1,1e99\n"); },
           "line 1, column 2"},
          {"a CSV file without numbers", "tensor", [](Workshop&) { return bytes_of("\n \n"); }, "holds no numbers"}};
}

}  // namespace

Vectors input_vectors() {
  Vectors all;
  for (const Vectors& some :
       {networks(), networks_of_values(), networks_of_sizes(), networks_of_windows(), pictures(), tensors()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace obscura::fuzz
