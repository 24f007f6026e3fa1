/* SPDX-License-Identifier: MIT */
/*
 * openssl/word_hint: a hint as data, and the sentence made from that data
 * alone.
 */
#include "openssl/word_hint.h"

#include <stdio.h>

int stls_word_hint(struct stls_word_hint *hint, enum stls_cure cure,
		   const char *what, const char *with)
{
	hint->cure = cure;
	hint->what = what;
	(void)snprintf(hint->with, sizeof(hint->with), "%s", with);
	return 1;
}

const char *stls_setting_name(enum stls_setting setting)
{
	static const char names[][16] = { "",	     "protocols",
					  "ciphers", "ciphersuites",
					  "groups",  "sigalgs" };

	return names[setting];
}

void stls_word_hint_text(const struct stls_word_hint *hint, const char *aside,
			 char text[256])
{
	const char *list = stls_setting_name(hint->setting);

	switch (hint->cure) {
	case STLS_CURE_NONE:
		text[0] = '\0';
		break;
	case STLS_CURE_RENAME:
		(void)snprintf(text, 256, "is %s of %s%s: write that",
			       hint->what, hint->with, aside);
		break;
	case STLS_CURE_REPLACE:
		(void)snprintf(text, 256, "is %s%s: write %s", hint->what,
			       aside,
			       hint->with[0] ? hint->with : "its value alone");
		break;
	case STLS_CURE_SLIP:
		(void)snprintf(text, 256,
			       "is an unknown word%s: write %s if that is "
			       "meant",
			       aside, hint->with);
		break;
	case STLS_CURE_MOVE:
		(void)snprintf(text, 256, "is %s%s: put %s into the %s instead",
			       hint->what, aside, hint->with, list);
		break;
	case STLS_CURE_LEAVE_OUT:
		(void)snprintf(text, 256, "is %s%s: set the %s without %s",
			       hint->what, aside, list, hint->with);
		break;
	case STLS_CURE_REMOVE:
		(void)snprintf(text, 256, "is %s%s: remove it", hint->what,
			       aside);
		break;
	case STLS_CURE_PRIORITY:
		(void)snprintf(text, 256,
			       "is %s%s: give it to --priority or "
			       "smtptls_config_set_priority()",
			       hint->what, aside);
		break;
	}
}
