# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_pellucid_global_optspecs
    string join \n h/help V/version
end

function __fish_pellucid_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_pellucid_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_pellucid_using_subcommand
    set -l cmd (__fish_pellucid_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c pellucid -n "__fish_pellucid_needs_command" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_needs_command" -s V -l version -d 'Print version'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "demo" -d 'Explain a bundled model on a phantom with a known lesion, and write a report'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "inspect" -d 'Show what a model is: inputs, outputs, classes, layers, operators'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "explain" -d 'Explain what a model decides for images'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "compare" -d 'Run many methods on one image, and show how far they agree and what each costs'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "evaluate" -d 'Score methods on a folder of images by a protocol: tables, tests between methods, a report'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "benchmark" -d 'Rank the methods on the bundled model and phantoms with known lesions'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "export" -d 'Save a compiled method for a model and target as a plain .onnx file'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "methods" -d 'List the methods, or tell all about one'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "advise" -d 'Recommend methods, metrics and baselines for an image and a model, with reasons, and write them as a protocol'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "presets" -d 'List the modality presets, or tell all about one'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "dicomweb" -d 'Fetch studies from a DICOMweb archive, and store results there'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "convert" -d 'Convert images and volumes between formats, orientations and voxel sizes'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "doctor" -d 'Tell which engines were found, and why one is chosen'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "card" -d 'Write a commented model card for a model'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "phantom" -d 'Make phantom images with planted lesions and known masks'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c pellucid -n "__fish_pellucid_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -s o -l out -d 'Folder for the report' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -l index -d 'Which phantom: the same number gives the same image' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -l volume -d 'A volume and the 3-D model instead of an image'
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -s q -l quiet -d 'No progress bars'
complete -c pellucid -n "__fish_pellucid_using_subcommand demo" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand inspect" -l card -d 'Model card; `model.toml` or `NAME.toml` beside the model when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand inspect" -l shape -d 'Sizes for inputs that leave them open, such as `1x3x224x224`; one per input' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand inspect" -l layers -d 'List every layer that can be read'
complete -c pellucid -n "__fish_pellucid_using_subcommand inspect" -l graph -d 'Print the graph, one node a line'
complete -c pellucid -n "__fish_pellucid_using_subcommand inspect" -l json -d 'Print as JSON'
complete -c pellucid -n "__fish_pellucid_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l card -d 'Model card; `model.toml` or `NAME.toml` beside the model when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -s m -l method -d 'Methods, separated by commas, or `all`; `pellucid methods` lists them' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -s o -l out -d 'Folder for the results' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l target -d 'Targets, separated by commas: `decision` (default), `top3`, a class number or name, `prob:C`, `logprob:C`, `sigmoid:C`, `margin:C`, `contrast:C:D`, `sign:+1`, `sign:-1`, `region:C` (segmentation; `region:C:largest`, `:smallest`, `:mean`), `pixel:C:Y:X`, `unit:LAYER:CHANNEL`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l layer -d 'Layers to read, by name, separated by commas; found when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l output -d 'Output to explain, when the model has several' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l set -d 'A parameter of a method, `METHOD.NAME=VALUE` or `NAME=VALUE` for all that have it; may be repeated' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l series -d 'Series of a folder that holds several: its number in the list, its UID, or `all`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l part -d 'Volume of a series that holds several (echoes, time points, b-values), from 0' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l identity -d 'Whose identity the objects carry' -r -f -a "replace\t'A pseudonym made from the study\'s identifier; an archive files the results apart from the study'
keep\t'The patient\'s of the source, so that an archive files the results with the study'"
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l top -d 'Share of the voxels that the model saw whose evidence becomes the segment "evidence for"; evidence against joins where it is as strong' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l force -d 'Replace results that are there already'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l json -d 'Print a summary as JSON'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -s q -l quiet -d 'No progress bars'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l check -d 'Check each map: is it better than maps that know nothing of the model, does it depend on the weights? About 400 forwards more'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l longest-run -d 'Where slices are missing or unevenly spaced, take the longest even run instead of refusing'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l accept-tilt -d 'Take slices of a tilted gantry as they lie'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -l dicom -d 'Also write each map as DICOM objects on the grid of the source: Parametric Map, Segmentation, Secondary Capture, Structured Report'
complete -c pellucid -n "__fish_pellucid_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l card -d 'Model card; `model.toml` or `NAME.toml` beside the model when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -s m -l method -d 'Methods, separated by commas, or `all`; some of every family that fit the model when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -s o -l out -d 'Folder for the results' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l target -d 'Targets, separated by commas: `decision` (default), `top3`, a class number or name, `prob:C`, `logprob:C`, `sigmoid:C`, `margin:C`, `contrast:C:D`, `sign:+1`, `sign:-1`, `region:C` (segmentation; `region:C:largest`, `:smallest`, `:mean`), `pixel:C:Y:X`, `unit:LAYER:CHANNEL`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l layer -d 'Layers to read, by name, separated by commas; found when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l output -d 'Output to explain, when the model has several' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l set -d 'A parameter of a method, `METHOD.NAME=VALUE` or `NAME=VALUE` for all that have it; may be repeated' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l series -d 'Series of a folder that holds several: its number in the list, its UID, or `all`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l part -d 'Volume of a series that holds several (echoes, time points, b-values), from 0' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l force -d 'Replace results that are there already'
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -s q -l quiet -d 'No progress bars'
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l check -d 'Check each map: is it better than maps that know nothing of the model, does it depend on the weights? About 400 forwards more'
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l longest-run -d 'Where slices are missing or unevenly spaced, take the longest even run instead of refusing'
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -l accept-tilt -d 'Take slices of a tilted gantry as they lie'
complete -c pellucid -n "__fish_pellucid_using_subcommand compare" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -l model -d 'The model; the one that the protocol names when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -l data -d 'Folder of images; the one that the protocol names when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -l masks -d 'Folder of masks; the one that the protocol names when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -s o -l out -d 'Folder for the results' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -s q -l quiet -d 'No progress bar'
complete -c pellucid -n "__fish_pellucid_using_subcommand evaluate" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l phantoms -d 'Number of phantoms, 1 to 10000' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l seed -d 'Seed of the phantoms, methods and metrics: the same one gives the same table' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -s m -l method -d 'Methods, separated by commas; those that cost no more than some thousand passes when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l metric -d 'Metrics, separated by commas; some of every family when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -s o -l out -d 'Folder for the results' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -l volume -d 'Volumes instead of images'
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -s q -l quiet -d 'No progress bar'
complete -c pellucid -n "__fish_pellucid_using_subcommand benchmark" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l card -d 'Model card; `model.toml` or `NAME.toml` beside the model when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -s m -l method -d 'The method; it must be compiled' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l image -d 'An image that fixes the input\'s size, and the decision where no target is given' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -s o -l out -d 'The file to write' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l target -d 'Targets, separated by commas: `decision` (default), `top3`, a class number or name, `prob:C`, `logprob:C`, `sigmoid:C`, `margin:C`, `contrast:C:D`, `sign:+1`, `sign:-1`, `region:C` (segmentation; `region:C:largest`, `:smallest`, `:mean`), `pixel:C:Y:X`, `unit:LAYER:CHANNEL`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l layer -d 'Layers to read, by name, separated by commas; found when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l output -d 'Output to explain, when the model has several' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l set -d 'A parameter of a method, `METHOD.NAME=VALUE` or `NAME=VALUE` for all that have it; may be repeated' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l series -d 'Series of a folder that holds several: its number in the list, its UID, or `all`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l part -d 'Volume of a series that holds several (echoes, time points, b-values), from 0' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l check -d 'Check each map: is it better than maps that know nothing of the model, does it depend on the weights? About 400 forwards more'
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l longest-run -d 'Where slices are missing or unevenly spaced, take the longest even run instead of refusing'
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -l accept-tilt -d 'Take slices of a tilted gantry as they lie'
complete -c pellucid -n "__fish_pellucid_using_subcommand export" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand methods" -l json -d 'Print as JSON'
complete -c pellucid -n "__fish_pellucid_using_subcommand methods" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l model -d 'The model, an .onnx file: what its graph allows is found out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l card -d 'Model card; `model.toml` or `NAME.toml` beside the model when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l task -d 'What the model does; the card\'s task when left out' -r -f -a "classification\t''
multi-label\t''
segmentation\t''
detection\t''
regression\t''"
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l role -d 'Who reads: every role gets the same warnings' -r -f -a "researcher\t'All methods, metrics, parameters'
radiologist\t'Findings first, a few methods'
technician\t'Image quality and artefacts, cheap methods only'"
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l depth -d 'How deep; the role\'s depth when left out' -r -f -a "triage\t'Cheap methods, two at most'
diagnosis\t'Five methods at most'
audit\t'Everything'"
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l budget -d 'Forwards of the model that all methods together may cost for one target and seed' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l preset -d 'Preset by id or alias; `pellucid presets` lists them' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l presets -d 'Folder of presets of your own, which join or replace those of the program' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l data -d 'Folder of images to evaluate on' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l masks -d 'Folder of masks of what should be found' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l regions -d 'Folder of masks of the valid region' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l have -d 'What else is at hand, separated by commas: training-images, training-labels, concept-labels, checkpoints, region-labels, labels, text-encoder, text-decoder, instances, time-axis' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -s o -l out -d 'The protocol to write' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l series -d 'Series of a folder that holds several: its number in the list, its UID, or `all`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l part -d 'Volume of a series that holds several (echoes, time points, b-values), from 0' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l force -d 'Replace a protocol that is there already'
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l longest-run -d 'Where slices are missing or unevenly spaced, take the longest even run instead of refusing'
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -l accept-tilt -d 'Take slices of a tilted gantry as they lie'
complete -c pellucid -n "__fish_pellucid_using_subcommand advise" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pellucid -n "__fish_pellucid_using_subcommand presets" -l presets -d 'Folder of presets of your own, which join or replace those of the program' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand presets" -l toml -d 'Print the preset as the file it is written in, to start one of your own'
complete -c pellucid -n "__fish_pellucid_using_subcommand presets" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and not __fish_seen_subcommand_from fetch store help" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and not __fish_seen_subcommand_from fetch store help" -f -a "fetch" -d 'Fetch a study, or one series of it, into a folder: one file for each object'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and not __fish_seen_subcommand_from fetch store help" -f -a "store" -d 'Store the DICOM files of a folder and its folders'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and not __fish_seen_subcommand_from fetch store help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from fetch" -l certificates -d 'PEM file with the certificates to trust instead of the operating system\'s' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from fetch" -l series -d 'Series Instance UID, for one series only' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from fetch" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from store" -l certificates -d 'PEM file with the certificates to trust instead of the operating system\'s' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from store" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from help" -f -a "fetch" -d 'Fetch a study, or one series of it, into a folder: one file for each object'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from help" -f -a "store" -d 'Store the DICOM files of a folder and its folders'
complete -c pellucid -n "__fish_pellucid_using_subcommand dicomweb; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l orient -d 'Patient directions in which columns, rows and slices grow, such as RAS or LPS: axes are permuted and reversed, no value changes' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l spacing -d 'Voxel size to resample to, mm, along columns, rows, slices (after `--orient`), such as `1,1,2.5`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l series -d 'Series of a folder that holds several: its number in the list, its UID, or `all`' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l part -d 'Volume of a series that holds several (echoes, time points, b-values), from 0' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l nearest -d 'Take the nearest voxel when resampling, for masks and labels; linear with smoothing against aliasing otherwise'
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l force -d 'Replace a file that is there already'
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -s q -l quiet -d 'No progress bars'
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l longest-run -d 'Where slices are missing or unevenly spaced, take the longest even run instead of refusing'
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -l accept-tilt -d 'Take slices of a tilted gantry as they lie'
complete -c pellucid -n "__fish_pellucid_using_subcommand convert" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand doctor" -l engine -d 'Engine: auto, tract, onnxruntime, reference' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand doctor" -l device -d 'Device: auto, cpu, cuda, cuda:N' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand doctor" -l threads -d 'Number of threads; all cores when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand doctor" -l memory -d 'Memory to stay under, such as 4G; half of the free memory when left out' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and not __fish_seen_subcommand_from init check help" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and not __fish_seen_subcommand_from init check help" -f -a "init" -d 'Write a commented card from what the model\'s graph says'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and not __fish_seen_subcommand_from init check help" -f -a "check" -d 'Check a card'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and not __fish_seen_subcommand_from init check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and __fish_seen_subcommand_from init" -s o -l out -d 'The card to write; `NAME.toml` beside the model when left out' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and __fish_seen_subcommand_from init" -l force -d 'Replace a card that is there already'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a commented card from what the model\'s graph says'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check a card'
complete -c pellucid -n "__fish_pellucid_using_subcommand card; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c pellucid -n "__fish_pellucid_using_subcommand phantom" -s o -l out -d 'Folder for images, masks and labels' -r -F
complete -c pellucid -n "__fish_pellucid_using_subcommand phantom" -s n -l count -d 'How many' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand phantom" -l seed -d 'Seed; the same seed gives the same images' -r
complete -c pellucid -n "__fish_pellucid_using_subcommand phantom" -l volume -d 'Volumes (NIfTI) instead of images (PNG)'
complete -c pellucid -n "__fish_pellucid_using_subcommand phantom" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand completions" -s h -l help -d 'Print help'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "demo" -d 'Explain a bundled model on a phantom with a known lesion, and write a report'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "inspect" -d 'Show what a model is: inputs, outputs, classes, layers, operators'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "explain" -d 'Explain what a model decides for images'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "compare" -d 'Run many methods on one image, and show how far they agree and what each costs'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "evaluate" -d 'Score methods on a folder of images by a protocol: tables, tests between methods, a report'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "benchmark" -d 'Rank the methods on the bundled model and phantoms with known lesions'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "export" -d 'Save a compiled method for a model and target as a plain .onnx file'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "methods" -d 'List the methods, or tell all about one'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "advise" -d 'Recommend methods, metrics and baselines for an image and a model, with reasons, and write them as a protocol'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "presets" -d 'List the modality presets, or tell all about one'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "dicomweb" -d 'Fetch studies from a DICOMweb archive, and store results there'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "convert" -d 'Convert images and volumes between formats, orientations and voxel sizes'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "doctor" -d 'Tell which engines were found, and why one is chosen'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "card" -d 'Write a commented model card for a model'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "phantom" -d 'Make phantom images with planted lesions and known masks'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and not __fish_seen_subcommand_from demo inspect explain compare evaluate benchmark export methods advise presets dicomweb convert doctor card phantom completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and __fish_seen_subcommand_from dicomweb" -f -a "fetch" -d 'Fetch a study, or one series of it, into a folder: one file for each object'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and __fish_seen_subcommand_from dicomweb" -f -a "store" -d 'Store the DICOM files of a folder and its folders'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and __fish_seen_subcommand_from card" -f -a "init" -d 'Write a commented card from what the model\'s graph says'
complete -c pellucid -n "__fish_pellucid_using_subcommand help; and __fish_seen_subcommand_from card" -f -a "check" -d 'Check a card'
