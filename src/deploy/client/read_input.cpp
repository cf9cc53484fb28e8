#include "deploy/client/read_input.hpp"

#include "images/tensor.hpp"

namespace obscura::deploy::client {

base::Result<std::vector<float>> read_input(std::string_view input, const plan::program::InputSpec& spec) {
  images::InputSpec form;
  form.channels = spec.channels;
  form.height = spec.height;
  form.width = spec.width;
  form.scale = spec.scale;
  form.mean = spec.mean;
  form.std = spec.std;
  form.bgr = spec.bgr;
  form.resize = spec.resize ? images::Resize::kBilinear : images::Resize::kNone;
  return images::read_tensor(input, form);
}

}  // namespace obscura::deploy::client
