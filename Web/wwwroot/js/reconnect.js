// Blazor announces the state of the connection; the dialog shows it. The address holds the page's state, so that a
// reload shows the same page.
const dialog = document.getElementById('components-reconnect-modal');

dialog.addEventListener('components-reconnect-state-changed', ({ detail }) => {
  if (detail.state === 'show' && !dialog.open) {
    dialog.showModal();
  } else if (detail.state === 'hide' && dialog.open) {
    dialog.close();
  } else if (detail.state === 'failed') {
    document.addEventListener('visibilitychange', retryWhenVisible);
  } else if (detail.state === 'rejected') {
    location.reload();
  }
});

document.getElementById('components-reconnect-button').addEventListener('click', retry);
document.getElementById('components-resume-button').addEventListener('click', resume);
document.getElementById('components-reload-button').addEventListener('click', () => location.reload());

async function retry() {
  document.removeEventListener('visibilitychange', retryWhenVisible);
  try {
    if (!await Blazor.reconnect() && !await Blazor.resumeCircuit()) {
      location.reload();
    } else if (dialog.open) {
      dialog.close();
    }
  } catch {
    // The server cannot be reached at all.
    document.addEventListener('visibilitychange', retryWhenVisible);
  }
}

async function resume() {
  try {
    if (!await Blazor.resumeCircuit()) {
      location.reload();
    }
  } catch {
    dialog.classList.replace('components-reconnect-paused', 'components-reconnect-resume-failed');
  }
}

function retryWhenVisible() {
  if (document.visibilityState === 'visible') {
    retry();
  }
}
