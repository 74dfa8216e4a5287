// Live updates and copying. Without it every page works; it has to be reloaded for news.
(() => {
  'use strict';

  const live = document.querySelector('[data-live]');
  const status = document.getElementById('live-status');
  const pause = document.getElementById('live-pause');
  let source = null;
  let isPaused = false;

  const say = text => { if (status && status.textContent !== text) status.textContent = text; };

  // The time here, for those who point at a time.
  const explain = root => {
    for (const time of root.querySelectorAll('time[datetime]')) {
      time.title = `${time.getAttribute('datetime')} · here ${new Date(time.getAttribute('datetime')).toLocaleString()}`;
    }
  };

  const show = event => {
    const { id, html } = JSON.parse(event.data);
    const target = document.getElementById(id);
    const news = document.createElement('template');
    news.innerHTML = html;
    explain(news.content);
    // What has the focus, or has not changed, stays.
    if (target && !target.contains(document.activeElement) && target.innerHTML !== news.innerHTML) target.innerHTML = news.innerHTML;
  };

  const connect = () => {
    if (!live || source || isPaused || document.hidden) return;
    source = new EventSource(live.dataset.live);
    source.addEventListener('fragment', show);
    source.addEventListener('open', () => say('Live: updated every 2 seconds'));
    source.addEventListener('error', () => say('The connection is lost; trying again'));
    source.addEventListener('full', () => { disconnect(); say('Too many live pages are open; reload for news'); });
  };

  const disconnect = () => {
    if (source) source.close();
    source = null;
  };

  if (live && pause) {
    pause.hidden = false;
    pause.addEventListener('click', () => {
      isPaused = !isPaused;
      pause.textContent = isPaused ? 'Continue' : 'Pause';
      pause.setAttribute('aria-pressed', String(isPaused));
      if (isPaused) { disconnect(); say('Paused'); } else { say('Connecting'); connect(); }
    });
    document.addEventListener('visibilitychange', () => document.hidden ? disconnect() : connect());
    window.addEventListener('pagehide', disconnect);
    connect();
  }

  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const label = button.textContent;
      try {
        await navigator.clipboard.writeText(button.dataset.copy.replace('{console}', () => document.querySelector('.brand').href));
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Copying is not allowed here';
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  explain(document);
})();
