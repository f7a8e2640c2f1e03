/// The style sheet of the report.
///
/// The hues are those of Okabe and Ito (2008), which people with colour-blindness can tell apart; in the dark they are
/// lightened to the same contrast.
enum HTMLStyle {
    static let sheet = """
        :root{color-scheme:light dark;--paper:#fdfdfb;--panel:#fff;--ink:#1c2126;--soft:#59636e;--line:#d9dde1;--grid:#e8ebee;
        --playing:#0072b2;--starting:#e69f00;--rebuffering:#d55e00;--seeking:#cc79a7;--paused:#8a949e;--good:#00795a;
        --goodbg:#e6f4ee;--caution:#8a5a00;--cautionbg:#fdf3dc;--bad:#b03a00;--badbg:#fdeae0;--neutral:#59636e;--neutralbg:#eef0f2}
        @media (prefers-color-scheme:dark){:root{--paper:#14181c;--panel:#1b2025;--ink:#e8ebee;--soft:#a3adb7;--line:#343c44;
        --grid:#2a3138;--playing:#4aa8e0;--starting:#f0b73a;--rebuffering:#ff8a4c;--seeking:#e2a1c6;--paused:#7b8691;
        --good:#4fcf9f;--goodbg:#12312a;--caution:#f0c25a;--cautionbg:#352b12;--bad:#ff9a6b;--badbg:#3a2015;--neutral:#a3adb7;
        --neutralbg:#242a30}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif}
        main{max-width:1120px;margin:0 auto;padding:28px 20px 48px}
        h1{font-size:1.9rem;line-height:1.15;margin:0 0 6px;letter-spacing:-.015em;overflow-wrap:anywhere}
        h2{font-size:1.2rem;margin:44px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--line)}
        h3{font-size:1rem;margin:0 0 2px}
        p{margin:0 0 8px}
        .kicker{color:var(--soft);font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;margin:0 0 8px}
        .facts{display:flex;flex-wrap:wrap;gap:2px 20px;margin:0 0 20px;padding:0;list-style:none;color:var(--soft);font-size:.93rem}
        .facts b{color:var(--ink);font-weight:600}
        .command{color:var(--soft);font-size:.82rem;margin:-12px 0 20px;overflow-wrap:anywhere}
        code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.92em}
        .verdict{border-left:5px solid;border-radius:4px;padding:12px 16px;margin:0 0 12px}
        .verdict p{margin:0;font-weight:600;font-size:1.05rem}
        .verdict ul{list-style:none;margin:8px 0 0;padding:0;font-size:.93rem}
        .verdict li{display:flex;gap:10px;padding:3px 0;overflow-wrap:anywhere}
        .verdict li>span:first-child{flex:none;width:5.6em;font-weight:600}
        .verdict small{display:block;color:var(--soft);font-size:.86rem}
        .good{border-color:var(--good);background:var(--goodbg)}.good p,.good .mk{color:var(--good)}
        .caution{border-color:var(--caution);background:var(--cautionbg)}.caution p{color:var(--caution)}
        .bad{border-color:var(--bad);background:var(--badbg)}.bad p{color:var(--bad)}
        .neutral{border-color:var(--neutral);background:var(--neutralbg)}
        .v-passed{color:var(--good)}.v-failed{color:var(--bad)}.v-open{color:var(--caution)}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(168px,1fr));background:var(--panel);border:1px solid var(--line);border-radius:6px;overflow:hidden;margin:22px 0 0;padding:0}
        .cards div{padding:12px 14px;box-shadow:0 0 0 .5px var(--line)}
        .cards dt{color:var(--soft);font-size:.84rem}
        .cards dd{margin:0;font-size:1.45rem;font-weight:650;letter-spacing:-.01em;line-height:1.3;font-variant-numeric:tabular-nums}
        .cards dd small{display:block;font-size:.8rem;font-weight:400;color:var(--soft);letter-spacing:0;line-height:1.4}
        .grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:18px}
        figure{margin:0;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:14px 14px 10px;min-width:0}
        figure.full{margin-bottom:18px}
        figcaption{color:var(--soft);font-size:.85rem;line-height:1.45;margin-top:6px}
        svg{display:block;width:100%;height:auto;font-family:inherit}
        .slim{display:none}
        svg text{font-size:11.5px;fill:var(--soft);font-variant-numeric:tabular-nums}
        svg .barname{font-size:12.5px;fill:var(--ink)}
        svg .marklabel{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--panel);stroke-width:3px}
        svg .mark{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:3 3;fill:none}
        svg .grid{stroke:var(--grid);fill:none}svg .base{stroke:var(--soft);fill:none}
        svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
        svg .line.playing{stroke:var(--playing)}svg .line.starting{stroke:var(--starting)}
        svg .line.rebuffering{stroke:var(--rebuffering)}svg .line.good{stroke:var(--good)}
        svg .area{stroke:none}svg .playing.area{fill:var(--playing)}svg .starting.area{fill:var(--starting)}
        svg .rebuffering.area{fill:var(--rebuffering)}svg .seeking.area{fill:var(--seeking)}svg .paused.area{fill:var(--paused)}
        svg .faint{opacity:.28}
        .legend{display:flex;flex-wrap:wrap;gap:2px 14px;margin:0 0 4px;padding:0;list-style:none;font-size:.84rem;color:var(--soft)}
        .legend li::before{content:"";display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em;vertical-align:-.05em;background:currentColor}
        .legend li{color:var(--soft)}
        .l-playing::before{background:var(--playing)!important}.l-starting::before{background:var(--starting)!important}
        .l-rebuffering::before{background:var(--rebuffering)!important}.l-seeking::before{background:var(--seeking)!important}
        .l-paused::before{background:var(--paused)!important}
        .callout{border-left:5px solid var(--rebuffering);background:var(--badbg);padding:10px 14px;border-radius:4px;margin:0 0 16px;overflow-wrap:anywhere}
        .funnel{list-style:none;margin:0 0 10px;padding:4px 16px;background:var(--panel);border:1px solid var(--line);border-radius:6px}
        .funnel li{display:grid;grid-template-columns:minmax(6em,11em) 1fr 5em;gap:2px 14px;align-items:center;padding:9px 0;break-inside:avoid}
        .funnel li+li{border-top:1px solid var(--grid)}
        .funnel b{font-weight:600;overflow-wrap:anywhere}
        .funnel .way{display:flex;height:20px;background:var(--grid);border-radius:3px;overflow:hidden}
        .funnel .way i{display:block;height:100%;background:var(--playing)}.funnel .way i.gone{background:var(--rebuffering)}
        .funnel .count{text-align:right;font-weight:650;font-variant-numeric:tabular-nums}
        .funnel small{grid-column:2/-1;color:var(--soft);font-size:.84rem}
        .funnel small:empty{display:none}
        .scroll{overflow-x:auto;margin:0 0 18px;border:1px solid var(--line);border-radius:6px;background:var(--panel)}
        table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}
        caption{text-align:left;font-weight:600;padding:10px 9px 6px;font-size:.95rem}
        th,td{padding:6px 9px;text-align:left;white-space:nowrap;border-top:1px solid var(--grid);font-weight:400}
        thead th{color:var(--soft);font-size:.78rem;white-space:normal;vertical-align:bottom;line-height:1.25;border-top:0;border-bottom:1px solid var(--line)}
        tbody th{font-weight:600}
        .n{text-align:right}
        .long{white-space:normal;overflow-wrap:anywhere;min-width:14em}
        td small,th small{display:block;color:var(--soft);font-weight:400}
        .worst{background:var(--badbg);color:var(--bad);font-weight:600}
        .note{color:var(--soft);font-size:.88rem;max-width:46em}
        footer{margin-top:44px;border-top:1px solid var(--line);padding-top:12px;color:var(--soft);font-size:.85rem}
        dl.terms{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;font-size:.88rem;margin:0}
        dl.terms dt{font-weight:600}dl.terms dd{margin:0;color:var(--soft)}
        @media (max-width:640px){main{padding:18px 14px 36px}h1{font-size:1.5rem}h2{margin-top:34px}
        .funnel{padding:2px 12px}.funnel li{grid-template-columns:1fr max-content}.funnel .way{grid-column:1/-1;grid-row:2;height:14px}.funnel small{grid-column:1/-1}
        .wide{display:none}.slim{display:block}.cards{grid-template-columns:1fr 1fr}.cards div{padding:10px 12px}.cards dd{font-size:1.2rem}
        figure{padding:12px 10px 8px}dl.terms{display:block}dl.terms dd{margin-bottom:6px}.verdict li{display:block}.verdict li>span:first-child{margin-right:.6em}svg text{font-size:13.5px}svg .barname{font-size:14px}}
        @media print{:root{--paper:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#bbb;--grid:#ddd;--playing:#0072b2;--starting:#e69f00;
        --rebuffering:#d55e00;--seeking:#cc79a7;--paused:#8a949e;--good:#00634a;--goodbg:#eef7f3;--caution:#7a5000;--cautionbg:#fdf6e6;
        --bad:#a03400;--badbg:#fdf0e9;--neutral:#444;--neutralbg:#f3f3f3}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
        body{font-size:10.5pt}main{max-width:none;padding:0}h2{break-after:avoid;margin-top:22px}
        figure,.verdict,tr,.cards{break-inside:avoid}.grid{grid-template-columns:1fr 1fr}.wide{display:block}.slim{display:none}
        .scroll{overflow:visible;border:0}table{font-size:8pt}th,td{padding:3px 5px;white-space:normal}@page{margin:14mm}}
        """
}
