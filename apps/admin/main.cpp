#include "apps/admin/command.hpp"

int main(int argc, char** argv) {
  using namespace obscura::apps;
  return program::run_program(argc, argv, {"obscura-admin", "Looks after a site where encrypted jobs are done"},
                              [](CLI::App& app, program::Action& action) {
                                admin::add_serve(app, action);
                                admin::add_dead(app, action);
                                admin::add_streams(app, action);
                                admin::add_revoke(app, action);
                                admin::add_accounts(app, action);
                                admin::add_nkey(app, action);
                              });
}
