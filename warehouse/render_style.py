"""The style sheet of a diff page: light and dark, narrow, wide and on paper, without a script."""

STYLE = """
:root{--paper:#fffdf8;--ink:#1d1b18;--soft:#6b665d;--line:#e2ddd1;--card:#f6f2e8;
--ins:#0b5d3b;--ins-bg:#d9f2e3;--del:#9c1c2b;--del-bg:#fbdfe1;--mov:#3b3a91;--mov-bg:#e6e6fa;
--accent:#8a4b08}
@media screen and (prefers-color-scheme:dark){:root{--paper:#161512;--ink:#ece7dc;--soft:#a39c8e;
--line:#37342d;--card:#211f1a;--ins:#8fe0b4;--ins-bg:#123a28;--del:#ff9ea6;--del-bg:#4a1a20;
--mov:#b9b8ff;--mov-bg:#2a2a55;--accent:#f0b46a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:1.0625rem/1.65 Charter,"Bitstream Charter","Noto Serif",Georgia,Cambria,serif;
overflow-wrap:anywhere}
main{max-width:76rem;margin:0 auto;padding:2.5rem 1.25rem 5rem}
header,section,.inline,.legend{max-width:48rem;margin-inline:auto}
h1{font-size:clamp(1.5rem,1.1rem + 1.8vw,2.25rem);line-height:1.25;margin:.2em 0 .7em;
text-wrap:balance}
h2,th,dt,.views,.n,.source,.legend,.verdict,.note,.from,.more,.changes td:nth-child(-n+2){
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h2{font-size:1rem;margin:2.2rem 0 .5rem}
.source{margin:0;color:var(--accent);font-size:.85rem;font-weight:600;letter-spacing:.02em}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.6rem 1.5rem;
margin:0 0 1.2rem;padding:1rem 0;border-block:1px solid var(--line)}
dt{color:var(--soft);font-size:.78rem}
dd{margin:0;font-size:.95rem}
a{color:inherit}
.verdict{margin:0 0 .5rem;font-size:.9rem;color:var(--soft)}
.verdict strong{display:inline-block;padding:.15em .7em;margin-right:.5em;border-radius:99px;
color:var(--ink);background:var(--card);border:1px solid var(--line)}
.verdict .substantive{color:var(--paper);background:var(--del);border-color:var(--del)}
.verdict .reordered{color:var(--mov);background:var(--mov-bg);border-color:var(--mov-bg)}
.note{margin:.5rem 0 0;padding:.5rem .9rem;background:var(--card);
border-left:3px solid var(--accent);font-size:.9rem}
ins{color:var(--ins);background:var(--ins-bg);text-decoration:underline;
text-decoration-thickness:1.5px;text-underline-offset:.18em}
del{color:var(--del);background:var(--del-bg);text-decoration:line-through;
text-decoration-thickness:1.5px}
.moved{color:var(--mov);background:var(--mov-bg)}
ins,del,.moved{padding:.05em .15em;border-radius:.2em;box-decoration-break:clone;
-webkit-box-decoration-break:clone}
table{width:100%;border-collapse:collapse;table-layout:fixed}
th{text-align:left;font-size:.78rem;font-weight:600;color:var(--soft);padding:.4rem .6rem .4rem 0}
td{vertical-align:top;padding:.55rem .6rem .55rem 0;border-top:1px solid var(--line)}
.changes{font-size:.92rem;line-height:1.5}
.changes td:nth-child(-n+2){font-size:.8rem;color:var(--soft);padding-top:.65rem}
.more{color:var(--soft);font-size:.8rem}
.c-where{width:9rem}.c-kind{width:8.5rem}.c-n{width:2.2rem}
input[name=view]{position:absolute;opacity:0;pointer-events:none}
.views{display:flex;justify-content:center;margin:2.6rem auto 0;font-size:.85rem}
.views label{padding:.4rem 1.1rem;border:1px solid var(--line);cursor:pointer;color:var(--soft)}
.views label:first-child{border-radius:99px 0 0 99px;border-right:0}
.views label:last-child{border-radius:0 99px 99px 0}
#v-inline:checked~.views label[for=v-inline],#v-side:checked~.views label[for=v-side]{
background:var(--ink);color:var(--paper);border-color:var(--ink)}
#v-inline:focus-visible~.views label[for=v-inline],#v-side:focus-visible~.views label[for=v-side]{
outline:3px solid var(--accent);outline-offset:2px}
#v-inline:checked~.side,#v-side:checked~.inline{display:none}
.legend{margin:1rem auto 1.6rem;font-size:.8rem;text-align:center}
.legend>*{margin:0 .3rem}
.block{display:grid;grid-template-columns:2.2rem 1fr;padding-left:.6rem;
border-left:3px solid transparent;margin:0 0 1em}
.block p{margin:0;unicode-bidi:isolate}
.n{color:var(--soft);font-size:.72rem;line-height:2.4;font-variant-numeric:tabular-nums}
.block.mixed{border-left-color:var(--accent)}
.block.inserted{border-left-color:var(--ins)}
.block.deleted{border-left-color:var(--del)}
.block.moved{border-left-color:var(--mov);background:none;color:inherit;border-radius:0}
.block.moved p>.moved{background:none;color:inherit;padding:0}
.from{display:block;width:fit-content;font-size:.75rem;color:var(--mov);background:var(--mov-bg);
border-radius:.25rem;padding:.05em .5em;margin:.2rem 0}
.side td{padding-right:1.4rem;unicode-bidi:isolate}
.side td.n{padding-right:.2rem;padding-top:.3rem}
.side thead th{position:sticky;top:0;background:var(--paper)}
@media(max-width:44rem){main{padding-top:1.4rem}.side{font-size:.86rem;line-height:1.5}
.c-n{width:1.4rem}.side td{padding-right:.5rem}
.changes,.changes tbody,.changes tr,.changes td{display:block}
.changes thead{display:none}.changes tr{padding:.6rem 0;border-top:1px solid var(--line)}
.changes td{border:0;padding:.1rem 0}
.changes td:nth-child(-n+2){display:inline;padding-right:.6rem}}
@media print{:root{--paper:#fff;--ink:#000;--card:#fff;--soft:#444}
main{max-width:none;padding:0}.views,.legend{display:none}.inline,.side{margin-top:2em}.block,tr{break-inside:avoid}
ins,del,.moved{-webkit-print-color-adjust:exact;print-color-adjust:exact}body{font-size:10.5pt}}
"""
