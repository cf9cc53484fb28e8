#include "deploy/client/read_input.hpp"

#include "images/tensor.hpp"

namespace obscura::deploy::client {

base::Result<std::vector<float>> read_input(std::string_view input, const plan::program::InputSpec& spec) {
  return images::read_tensor(input, images::input_spec_of(spec));
}

}  // namespace obscura::deploy::client
