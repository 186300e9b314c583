// do_nothing_milter ADDRESS - a milter that negotiates what mailverdictd's does
// with a recipient check, has the same callbacks, and answers "continue" to
// all. What it reaches behind an MTA is what a milter can reach there at most.
//
// ADDRESS is in libmilter's words: unix:/PATH or inet:PORT@HOST.

#include <libmilter/mfapi.h>

#include <cstdio>

namespace {

sfsistat OnNegotiate(SMFICTX* context, unsigned long actions,
                     unsigned long steps, unsigned long, unsigned long,
                     unsigned long* our_actions, unsigned long* our_steps,
                     unsigned long* more, unsigned long* even_more) {
  *our_actions = actions & SMFIF_SETSYMLIST;
  *our_steps = steps & (SMFIP_NOHELO | SMFIP_NOBODY | SMFIP_NOHDRS |
                        SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_NODATA);
  *more = *even_more = 0;
  if (*our_actions != 0) {
    char at_mail[] = "i {auth_type}";
    char later[] = "i";
    smfi_setsymlist(context, SMFIM_ENVFROM, at_mail);
    smfi_setsymlist(context, SMFIM_ENVRCPT, later);
    smfi_setsymlist(context, SMFIM_EOH, later);
    smfi_setsymlist(context, SMFIM_EOM, later);
  }
  return SMFIS_CONTINUE;
}

smfiDesc Description() {
  static char name[] = "do_nothing";
  smfiDesc description = {};
  description.xxfi_name = name;
  description.xxfi_version = SMFI_VERSION;
  description.xxfi_negotiate = OnNegotiate;
  description.xxfi_connect = [](SMFICTX*, char*, _SOCK_ADDR*) -> sfsistat {
    return SMFIS_CONTINUE;
  };
  description.xxfi_helo = [](SMFICTX*, char*) -> sfsistat {
    return SMFIS_CONTINUE;
  };
  description.xxfi_envfrom = [](SMFICTX*, char**) -> sfsistat {
    return SMFIS_CONTINUE;
  };
  description.xxfi_envrcpt = description.xxfi_envfrom;
  description.xxfi_header = [](SMFICTX*, char*, char*) -> sfsistat {
    return SMFIS_CONTINUE;
  };
  description.xxfi_eoh = [](SMFICTX*) -> sfsistat { return SMFIS_CONTINUE; };
  description.xxfi_eom = description.xxfi_eoh;
  description.xxfi_abort = description.xxfi_eoh;
  description.xxfi_close = description.xxfi_eoh;
  return description;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: do_nothing_milter ADDRESS\n", stderr);
    return 64;
  }
  if (smfi_register(Description()) != MI_SUCCESS ||
      smfi_setconn(argv[1]) != MI_SUCCESS ||
      smfi_opensocket(true) != MI_SUCCESS) {
    std::fprintf(stderr, "%s: cannot listen there\n", argv[1]);
    return 78;
  }
  return smfi_main() == MI_SUCCESS ? 0 : 69;
}
