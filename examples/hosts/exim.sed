# SPDX-License-Identifier: MIT
# Patches Exim 4.96's src/tls-gnu.c; exim_policy.c must be beside it.

# before the hook, which is the first to use it
/^\/\* Callback for handshake messages, on server \*\//i\
#include "exim_policy.c"

# where the setting becomes a priority string, at startup and later
/^return gnutls_priority_init( (gnutls_priority_t \*) &state->lib_state.pri_cache,/i\
p = exim_policy_priority(p, !state->host);
s/^rc = gnutls_priority_init(&priority_cache, CS expciphers, &errpos);/expciphers = US exim_policy_priority(expciphers, FALSE);\n&/

# first in the hook, which must see a hello before GnuTLS has read it
s/GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST, tls_server_hook_cb/GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, tls_server_hook_cb/
/^\/\* debug_printf("%s: htype %u\\n", __FUNCTION__, htype); \*\//i\
int policy_rc;\
if (!exim_policy_on_hello(sess, htype, when, incoming, msg, &policy_rc))\
  return policy_rc;
/^if ((rc = gnutls_priority_set(state->session, state->lib_state.pri_cache)))/i\
if (!state->host)\
  gnutls_handshake_set_hook_function(state->session,\
    GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, tls_server_hook_cb);

# after the server's handshake, at the first of two such lines
/^while (rc == GNUTLS_E_AGAIN ||  rc == GNUTLS_E_INTERRUPTED \&\& !sigalrm_seen);/{
n
a\
rc = exim_policy_result(state->session, rc);
}
