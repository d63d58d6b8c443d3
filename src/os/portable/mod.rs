compile_error!("this back end is not written yet");
