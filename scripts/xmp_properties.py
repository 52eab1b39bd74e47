"""Makes the table of XMP properties from the installed ExifTool:
`.venv/bin/python scripts/xmp_properties.py > services/gateway/src/metaextract_gateway/adapters/http/renderings/xmp_properties.json`.

`namespaces` by prefix; `groups` by ExifTool's group of family 1: the prefix, `properties` (id → kind) and `structures`
(id → kind, and members: flattened id → qualified name and kind). A kind is `text`, `date`, `rational`, `lang`, or a
list of them such as `bag text`; of structures `one`, `bag` or `seq`.
"""  # noqa: E501 - a command

import json
import subprocess
import sys
from typing import Any, Final

from metaextract_testing.exiftool import exiftool_path

PERL: Final = r"""
use strict; use JSON::PP; use Image::ExifTool; use Image::ExifTool::XMP;
my (%out, %usual, %uris);
sub named { my $ns = shift; my $n = $usual{$ns} || $ns; $uris{$n} = $Image::ExifTool::XMP::nsURI{$ns}; return $n }
my $xlat = \%Image::ExifTool::XMP::stdXlatNS;
$usual{$$xlat{$_}} = $_ foreach sort keys %$xlat;
sub kind { my $i = shift;
    my $w = $$i{Writable} || 'text';
    my $k = $w eq 'date' ? 'date' : $w eq 'rational' ? 'rational' : $w eq 'lang-alt' ? 'lang' : 'text';
    my $l = $$i{List} || '';
    return $l =~ /^(Bag|Seq|Alt)$/ ? lc($l) . " $k" : $k;
}
sub key { my $n = shift; my $ns = ref $n ? (keys %$n)[0] : $n; return $ns }
my $main = Image::ExifTool::GetTagTable('Image::ExifTool::XMP::Main');
for my $ns (sort keys %$main) {
    my $sd = $$main{$ns}; next unless ref $sd eq 'HASH' and $$sd{SubDirectory};
    my $table = Image::ExifTool::GetTagTable($$sd{SubDirectory}{TagTable} || next) or next;
    my $own = key($$table{NAMESPACE}) or next;
    next unless $Image::ExifTool::XMP::nsURI{$own};
    my $g = $$table{GROUPS}{1};
    next if $g =~ /^XMP-(x|rdf|crd|et|swf)$/;
    Image::ExifTool::XMP::AddFlattenedTags($table);
    my (%p, %s);
    for my $id (sort(Image::ExifTool::TagTableKeys($table))) {
        my ($i) = Image::ExifTool::GetTagInfoList($table, $id); next if $$i{ParentTagInfo};
        if (ref $$i{Struct}) {
            my $of = $$i{Struct}; my %m;
            for my $f (sort keys %$of) {
                next if $f =~ /^(NAMESPACE|STRUCT_NAME|TYPE|GROUPS|SORT_ORDER|NOTES|TABLE_DESC)$/;
                my $fi = $$of{$f}; next unless ref $fi eq 'HASH' and not $$fi{Struct};
                my $fns = key($$fi{Namespace} || $$of{NAMESPACE} || $own);
                next unless $Image::ExifTool::XMP::nsURI{$fns};
                $m{$id . ucfirst $f} = named($fns) . ":$f " . kind($fi);
            }
            $s{$id} = {kind => lc($$i{List} || 'one'), members => \%m} if %m and ($$i{List} || 'one') =~ /^(one|Bag|Seq)$/;
        } else { $p{$id} = kind($i) }
    }
    $out{$g} = {prefix => named($own), properties => \%p, structures => \%s};
}
print JSON::PP->new->canonical->encode({namespaces => \%uris, groups => \%out});
"""  # noqa: E501 - Perl


def table() -> dict[str, Any]:
    """Ask the installed ExifTool."""
    lib = exiftool_path().resolve().parent / "lib"
    made = subprocess.run(
        ["perl", f"-I{lib}", "-e", PERL],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return dict(json.loads(made.stdout))


def document() -> str:
    """Return the file: one property a line, so that changes can be read."""
    return json.dumps(table(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
