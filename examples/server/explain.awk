# SPDX-License-Identifier: MIT
# Generates what smtptls-server --explain prints, in C, from smtptls-reasons(7),
# its only source: a text of plain lines for each ".It Cm id Pq n" of the outer
# lists.

function say(word) {
	if (length(line) + length(word) + (line != "" && !glue) > 76) {
		text = text line "\n"
		line = word
	} else {
		line = line (line == "" || glue ? "" : " ") word
	}
	glue = 0
}

function paragraph() {
	if (line != "")
		text = text line "\n"
	line = ""
}

function plain(words) {
	gsub(/\\&/, "", words)
	gsub(/\\-/, "-", words)
	gsub(/\\ /, " ", words)
	gsub(/\\e/, "\\", words)
	return words
}

# An argument of a macro, as a terminal shows it.
function argument(macro, words) {
	if (macro == "Ql")
		return "'" words "'"
	return macro == "Fn" ? words "()" : words
}

# Nothing but punctuation follows the i-th word of the line.
function ends(i,    j) {
	for (j = i + 1; j <= NF; j++)
		if ($j !~ /^[.,:;)]$/)
			return 0
	return 1
}

function macros(first,    i, macro, words, closing) {
	macro = words = closing = ""
	for (i = first; i <= NF + 1; i++) {
		if (i > NF || $i ~ /^[.,:;)]$/ || $i ~ /^(Ql|Cm|Fn|Pq|Po|Pc|Xr|Fa|Dv|Sy|No|Ns|Vt|Va|Pa|Ic|Fl|Ar)$/) {
			if (words != "")
				say(opening argument(macro, words))
			if (words != "")
				opening = ""
			words = ""
			if (i > NF)
				break
			if ($i == "Pq") {
				opening = "("
				closing = ")"
			} else if ($i == "Po") {
				opening = "("
			} else if ($i == "Pc") {
				glue = 1
				say(")")
			} else if ($i ~ /^[.,:;)]$/) {
				glue = 1
				if (ends(i)) {
					say(closing $i)
					closing = ""
				} else {
					say($i)
				}
				continue
			} else if ($i == "Ns") {
				glue = 1
			}
			macro = $i
		} else if (macro == "Xr" && words != "" && words !~ /\(/) {
			words = words "(" plain($i) ")"
		} else {
			words = words (words == "" ? "" : " ") plain($i)
		}
	}
	if (closing != "") {
		glue = 1
		say(closing)
	}
}

function end() {
	paragraph()
	if (id != "") {
		gsub(/\\/, "&&", text)
		gsub(/"/, "\\\"", text)
		gsub(/\n/, "\\n\"\n\t  \"", text)
		printf "\t{ \"%s\",\n\t  \"%s\" },\n", id, text
	}
	id = text = ""
}

BEGIN {
	print "/* Made by explain.awk from smtptls-reasons.7. */"
	print "#include \"explain.h\"\n"
	print "const struct explanation explanations[] = {"
}
/^\.\\"/ { next }
/^\.S[sh]/ { end(); next }
/^\.It Cm / && !nested { end(); id = $3; next }
id == "" { next }
/^\.Bd -literal/ { paragraph(); literal = 1; next }
/^\.Ed/ { literal = 0; next }
literal { text = text "  " plain($0) "\n"; next }
/^\.Bl/ { paragraph(); nested++; next }
/^\.El/ { paragraph(); if (nested) nested--; else end(); next }
/^\.Pp/ { paragraph(); next }
/^\.It/ { paragraph(); macros(2); glue = 1; say(":"); next }
/^\./ { sub(/^\./, ""); macros(1); next }
{
	$0 = plain($0)
	for (i = 1; i <= NF; i++)
		say($i)
}
END {
	end()
	print "\t{ NULL, NULL }\n};"
}
