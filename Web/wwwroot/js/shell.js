// The parts of the shell that only the browser can do: theme, shortcuts, clipboard.
const goWait = 1000;

export function start(shell) {
  let goUntil = 0;

  function onKeyDown(event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      shell.invokeMethodAsync('OpenPalette');
      return;
    }

    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('.mud-dialog, dialog[open]')) {
      return;
    }

    if (performance.now() < goUntil && /^[a-z]$/.test(event.key)) {
      goUntil = 0;
      event.preventDefault();
      shell.invokeMethodAsync('Go', event.key);
    } else if (event.key === 'g') {
      goUntil = performance.now() + goWait;
    } else if (event.key === '?') {
      event.preventDefault();
      shell.invokeMethodAsync('OpenShortcuts');
    } else if (event.key === '/') {
      const filter = document.querySelector('[data-filter]');
      if (filter) {
        event.preventDefault();
        filter.focus();
      }
    } else if (event.key === ' ' && !isOperable(event.target)) {
      event.preventDefault();
      shell.invokeMethodAsync('TogglePause');
    }
  }

  document.addEventListener('keydown', onKeyDown);
  // For tests and for style: from here on the page answers.
  document.documentElement.dataset.interactive = '';
  return { dispose: () => document.removeEventListener('keydown', onKeyDown) };
}

export function currentTheme() {
  return document.documentElement.dataset.theme;
}

export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
  window.dispatchEvent(new CustomEvent('themechange'));
}

export function copy(text) {
  return navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
}

export function focus(element) {
  element?.focus();
}

export function scrollIntoView(id) {
  document.getElementById(id)?.scrollIntoView({ block: 'nearest' });
}

function isTyping(target) {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable=true], [role=combobox], [role=listbox]') !== null;
}

function isOperable(target) {
  return target instanceof Element && target.closest('a, button, summary, [role=button], [role=tab], [role=switch], [tabindex="0"]') !== null;
}
