package dev.reprise.console.browser

/**
 * Checks the page that is open against some rules of WCAG 2.2 AA: names, labels, headings, contrast, and the size of targets; also what is folded, which
 * stays unfolded.
 */
internal class Accessibility(
    private val browser: Chromium,
) {
    fun problems(): List<String> = (browser.script(RULES) as List<*>).map { it.toString() }

    private companion object {
        val RULES =
            """
            for (const e of document.querySelectorAll('details')) e.open = true;
            const problems = [];
            const say = (rule, e) => problems.push(rule + ': ' + (e.outerHTML || '').slice(0, 120));
            const isShown = e => !!(e.offsetWidth || e.offsetHeight || e.getClientRects().length) && !e.closest('.hidden, .skip');
            const name = e => (e.getAttribute('aria-label') || e.innerText || e.value || e.title || '').trim();

            if (document.querySelectorAll('h1').length !== 1) problems.push('exactly one h1');
            for (const landmark of ['header', 'nav', 'main']) if (!document.querySelector(landmark)) problems.push('no ' + landmark);
            if (!document.documentElement.lang) problems.push('no lang');
            for (const e of document.querySelectorAll('a[href], button')) if (isShown(e) && !name(e)) say('no name', e);
            for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
              if (isShown(e) && !e.closest('label') && !e.getAttribute('aria-label')) say('no label', e);
            for (const e of document.querySelectorAll('thead th')) if (!e.scope) say('no scope', e);
            for (const e of document.querySelectorAll('main svg[role=img]')) if (!e.querySelector('title')) say('no title', e);
            const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
            for (const id of new Set(ids)) if (id !== 'arrow' && ids.filter(x => x === id).length > 1) problems.push('id twice: ' + id);
            for (const e of document.querySelectorAll('button, a.button, input:not([type=hidden]), select, nav a')) {
              const box = e.getBoundingClientRect();
              if (isShown(e) && (box.width < 24 || box.height < 24)) say('target below 24 px', e);
            }

            const rgb = text => { const n = text.match(/[\d.]+/g).map(Number); return { c: n.slice(0, 3), a: n.length > 3 ? n[3] : 1 }; };
            const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const background = e => { for (let x = e; x; x = x.parentElement) { const b = rgb(getComputedStyle(x).backgroundColor); if (b.a > 0.99) return b.c; } return [255, 255, 255]; };
            for (const e of document.querySelectorAll('body *')) {
              if (e.closest('svg') || !isShown(e) || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
              const [a, b] = [light(rgb(getComputedStyle(e).color).c), light(background(e))];
              const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
              if (contrast < 4.5) say('contrast ' + contrast.toFixed(1), e);
            }
            return problems;
            """.trimIndent()
    }
}
